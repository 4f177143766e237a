// Which events become new objects, which only count up an earlier one, and which are dropped:
// what client-go's EventCorrelator does, as a function of the time and what it has seen.

import type { Note } from './plan.ts'

export interface EventSourceName {
  readonly component: string
  readonly host?: string
}

/** What to do about one note. */
export type Verdict =
  | { readonly verb: 'create'; readonly message: string; readonly remember: Remember }
  | {
      readonly verb: 'update'
      readonly message: string
      readonly written: WrittenEvent
      readonly count: number
    }
  | { readonly verb: 'drop' }

/** The event object that stands for a note, once it is written. */
export interface WrittenEvent {
  readonly namespace: string
  readonly name: string
  readonly firstTimestamp: string
}
export type Remember = (written: WrittenEvent) => void

/** Numbers of client-go: keys remembered; similar messages until they are combined, in ms. */
const mostKeys = 4096
const mostSimilar = 10
const similarForMs = 600_000
/** One object's events: 25 at once, then one in five minutes. */
const burst = 25
const refillMs = 300_000

export function createEventCorrelator(source: EventSourceName) {
  const bucket = createLru<{ tokens: number; atMs: number }>()
  const similar = createLru<{ messages: Set<string>; atMs: number }>()
  const seen = createLru<{ count: number; written?: WrittenEvent }>()

  return function judge(note: Note, now: Date, fieldPath = ''): Verdict {
    const nowMs = now.getTime()
    const subject = subjectKey(source, note)
    const combined = combine(note, `${subject}|${note.type}|${note.reason}`, nowMs)
    const { message } = combined
    // Two containers of a Pod may say the same.
    const key = `${combined.key}|${fieldPath}`
    const known = seen.get(key)
    const count = (known?.count ?? 0) + 1
    const record = { count, ...(known?.written && { written: known.written }) }
    seen.set(key, record)
    if (!takeToken(subject, nowMs)) return { verb: 'drop' }
    if (record.written) return { verb: 'update', message, written: record.written, count }
    return {
      verb: 'create',
      message,
      remember: (written) => seen.set(key, { count: seen.get(key)?.count ?? 1, written }),
    }
  }

  /** From the tenth different message on, all of a kind share one event. */
  function combine({ message }: Note, group: string, nowMs: number) {
    const found = similar.get(group)
    const current = found && nowMs - found.atMs <= similarForMs ? found : undefined
    const messages = current?.messages ?? new Set<string>()
    messages.add(message)
    const isCombined = messages.size >= mostSimilar
    if (isCombined) messages.delete(firstOf(messages))
    similar.set(group, { messages, atMs: nowMs })
    return isCombined
      ? { message: `(combined from similar events): ${message}`, key: group }
      : { message, key: `${group}|${message}` }
  }

  function takeToken(subject: string, nowMs: number): boolean {
    const found = bucket.get(subject) ?? { tokens: burst, atMs: nowMs }
    const tokens = Math.min(burst, found.tokens + (nowMs - found.atMs) / refillMs)
    bucket.set(subject, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    return tokens >= 1
  }
}

function subjectKey({ component, host = '' }: EventSourceName, { regarding }: Note): string {
  const { apiVersion, kind, metadata } = regarding
  const { namespace = '', name, uid = '' } = metadata
  return [component, host, kind, namespace, name, uid, apiVersion].join('|')
}

function firstOf(messages: ReadonlySet<string>): string {
  for (const message of messages) return message
  return ''
}

function createLru<T>() {
  const entries = new Map<string, T>()
  return {
    get: (key: string) => entries.get(key),
    set(key: string, value: T) {
      entries.delete(key)
      entries.set(key, value)
      for (const oldest of entries.keys()) {
        if (entries.size <= mostKeys) break
        entries.delete(oldest)
      }
    },
  }
}
