// A log that tells what it was given, and the facts that follow from it: the witness of a history
// over a local store. In: any log. Out: events, in the order in which they happened, over any
// number of crashes.

import type { LogDriver, LogRecord } from '../../src/store/driver.ts'
import { StoreFull } from '../../src/store/store.ts'
import type { Fact, Item } from './history.ts'

export type LogEvent =
  | { readonly type: 'appending'; readonly facts: readonly Fact[] }
  | { readonly type: 'durable' }
  /** `isUndone`: surely not written; else nobody knows. */
  | { readonly type: 'failed'; readonly isUndone: boolean }
  | {
      readonly type: 'loaded'
      readonly base: number
      readonly items: readonly Item[]
      readonly facts: readonly Fact[]
    }

const textOfBytes = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** `textOf` makes of a value the text that its writer is known by. */
export function recordedLog(
  log: LogDriver,
  tell: (event: LogEvent) => void,
  textOf: (value: Uint8Array) => string = textOfBytes,
): LogDriver {
  const factOf = ({ key, value, revision }: LogRecord): Fact =>
    value
      ? { type: 'put', key, text: textOf(value), revision }
      : { type: 'delete', key, text: '', revision }
  return {
    ...log,
    async load(reader) {
      let base = 1
      let items: Item[] = []
      const facts: Fact[] = []
      await log.load({
        snapshot(snapshot) {
          const entries = [...snapshot.entries]
          base = snapshot.revision
          items = entries.map(({ key, revision, value }) => ({
            key,
            revision,
            text: textOf(value),
          }))
          reader.snapshot({ revision: base, entries })
        },
        record(record) {
          facts.push(factOf(record))
          reader.record(record)
        },
      })
      tell({ type: 'loaded', base, items, facts })
    },
    async append(records) {
      tell({ type: 'appending', facts: records.map(factOf) })
      try {
        await log.append(records)
      } catch (error) {
        tell({ type: 'failed', isUndone: error instanceof StoreFull })
        throw error
      }
      tell({ type: 'durable' })
    },
  }
}

export interface Witnessed {
  readonly facts: readonly Fact[]
  /** What was durable and is gone or other after a crash, or is there though it failed. */
  readonly faults: readonly string[]
}

export function witnessed(events: readonly LogEvent[]): Witnessed {
  const facts: Fact[] = []
  const faults: string[] = []
  /** Batches after the last durable one, each of which may be there instead of the others. */
  let pending: (readonly Fact[])[] = []
  for (const event of events) {
    if (event.type === 'appending') pending.push(event.facts)
    else if (event.type === 'failed') pending.splice(event.isUndone ? -1 : pending.length)
    else if (event.type === 'durable') {
      facts.push(...(pending.at(-1) ?? []))
      pending = []
    } else {
      const loaded = new Set(event.facts.map(worded))
      const kept = pending.find((batch) => batch.every((fact) => loaded.has(worded(fact)))) ?? []
      faults.push(...loadFaults(event, [...facts, ...kept], facts.at(-1)?.revision ?? 1))
      facts.push(...kept)
      pending = []
    }
  }
  return { facts, faults }
}

const worded = ({ type, key, text, revision }: Fact) => `${type} ${key} "${text}" at ${revision}`

/** What was loaded is a part of what was appended that has all that was durable. */
function loadFaults(
  { base, items, facts }: Extract<LogEvent, { type: 'loaded' }>,
  all: readonly Fact[],
  durable: number,
): string[] {
  const reached = facts.at(-1)?.revision ?? base
  const state = new Map<string, string>()
  for (const { type, key, text, revision } of all) {
    if (revision > base) break
    if (type === 'put') state.set(key, `${key} "${text}" at ${revision}`)
    else state.delete(key)
  }
  const wanted = [...state.values()].sort()
  const found = items.map(({ key, text, revision }) => `${key} "${text}" at ${revision}`).sort()
  const tail = all.filter(({ revision }) => revision > base && revision <= reached)
  return [
    ...(reached < durable ? [`${durable} was durable, and only ${reached} is there`] : []),
    ...(wanted.join('\n') === found.join('\n')
      ? []
      : [`the snapshot at ${base} holds ${found.join(', ')}; it was ${wanted.join(', ')}`]),
    ...(tail.map(worded).join('\n') === facts.map(worded).join('\n')
      ? []
      : [`after ${base} there is ${facts.map(worded)}; it was ${tail.map(worded)}`]),
  ]
}
