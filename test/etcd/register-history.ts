// Recorded histories of objects that several clients read and write at several servers, and whether
// they could have happened one after the other (linearizability). Every version of an object has a
// revision, so the order is known, and the check is exact:
//   a write at revision r happened at r; a read of version r happened at r or later, before the next
//   version; what ended before another began happened no later.
// In: operations with the times at which they began and ended, by one clock, and the changes as a
// watch gave them. Out: every rule that was broken, in words.

export interface Operation {
  readonly key: string
  readonly startedMs: number
  /** Infinity: the answer was lost, so it may be done at any time. */
  readonly endedMs: number
}

export interface WriteOperation extends Operation {
  /** What was written, unlike any other; undefined: the object was deleted. */
  readonly text: string | undefined
  /** The version it replaces; 0: none. */
  readonly expected: number
  readonly outcome: 'done' | 'refused' | 'unknown'
  /** Of a write that was done, where the server told. */
  readonly revision: number
}

export interface ReadOperation extends Operation {
  /** 0: there was no such object. */
  readonly revision: number
  readonly text: string | undefined
}

export interface SeenChange {
  readonly key: string
  readonly revision: number
  /** undefined: deleted. */
  readonly text: string | undefined
}

export interface RegisterHistory {
  readonly writes: readonly WriteOperation[]
  readonly reads: readonly ReadOperation[]
  readonly seen: readonly SeenChange[]
}

export function registerFaults(history: RegisterHistory): string[] {
  const versions = versionsOf(history.seen)
  return [
    ...orderFaults(history.seen),
    ...history.writes.flatMap((write) => writeFaults(write, versions.get(write.key) ?? [])),
    ...strangerFaults(history),
    ...history.reads.flatMap((read) => readFaults(read, versions.get(read.key) ?? [])),
    ...[...versions].flatMap(([key, list]) => timeFaults(key, list, history)),
  ]
}

/** A state of an object: from its revision until the next one. */
interface Version {
  readonly revision: number
  readonly until: number
  readonly text: string | undefined
}

function versionsOf(seen: readonly SeenChange[]): Map<string, Version[]> {
  const versions = new Map<string, Version[]>()
  for (const key of new Set(seen.map((change) => change.key))) {
    const own = seen.filter((change) => change.key === key)
    const first: Version = { revision: 0, until: own[0]?.revision ?? 0, text: undefined }
    const rest = own.map(({ revision, text }, index) => {
      return { revision, text, until: own[index + 1]?.revision ?? Number.POSITIVE_INFINITY }
    })
    versions.set(key, [first, ...rest])
  }
  return versions
}

function orderFaults(seen: readonly SeenChange[]): string[] {
  return seen.flatMap(({ key, revision }, index) => {
    const before = seen[index - 1]?.revision ?? 0
    return revision > before ? [] : [`${key}: revision ${revision} came after ${before}`]
  })
}

function writeFaults(write: WriteOperation, versions: readonly Version[]): string[] {
  const { key, text, expected, outcome } = write
  const found = effectOf(write, versions)
  const what = `${key}: ${text ?? 'the deletion'} of ${expected}`
  if (outcome === 'refused') return found && text ? [`${what} was refused, and done`] : []
  if (!found) return outcome === 'done' ? [`${what} at ${write.revision} is lost`] : []
  const before = versions.findLast(({ revision }) => revision < found.revision)
  const told = before?.text === undefined ? 0 : before.revision
  return told === expected ? [] : [`${what} replaced ${told} at ${found.revision}`]
}

/** The version that a write made: by its text, or by the revision that the server told. */
function effectOf({ text, revision, outcome }: WriteOperation, versions: readonly Version[]) {
  if (text !== undefined) return versions.find((version) => version.text === text)
  if (outcome !== 'done') return undefined
  return versions.find((version) => version.revision === revision && version.text === undefined)
}

function strangerFaults({ writes, seen }: RegisterHistory): string[] {
  const known = new Set(writes.map(({ text }) => text))
  return seen.flatMap(({ key, text }) =>
    text === undefined || known.has(text) ? [] : [`${key}: "${text}" was written by nobody`],
  )
}

function readFaults(
  { key, revision, text }: ReadOperation,
  versions: readonly Version[],
): string[] {
  if (revision === 0) return []
  const version = versions.find((each) => each.revision === revision)
  if (version?.text === text) return []
  return [`${key}: "${text}" was read at ${revision}, where "${version?.text}" is`]
}

/** From where to where, in revisions, an operation may have happened. */
interface Span extends Operation {
  readonly what: string
  /** The states in which it may have been, first ones first; `until` is exclusive. */
  readonly states: readonly { readonly from: number; readonly until: number }[]
}

function timeFaults(key: string, versions: readonly Version[], history: RegisterHistory): string[] {
  const spans = [
    ...history.writes.flatMap((write) => writeSpan(write, versions)),
    ...history.reads.flatMap((read) => readSpan(read, versions)),
  ]
    .filter((span) => span.key === key)
    .sort((a, b) => a.startedMs - b.startedMs)
  const placed: { readonly endedMs: number; readonly at: number }[] = []
  return spans.flatMap(({ what, startedMs, endedMs, states }) => {
    const before = placed.filter((other) => other.endedMs < startedMs)
    const least = Math.max(0, ...before.map(({ at }) => at))
    const state = states.find(({ until }) => until > least)
    placed.push({ endedMs, at: Math.max(least, state?.from ?? 0) })
    return state ? [] : [`${key}: ${what}, after ${least} was known`]
  })
}

function writeSpan(write: WriteOperation, versions: readonly Version[]): Span[] {
  const found = effectOf(write, versions)
  if (write.outcome === 'refused' || !found) return []
  const { revision } = found
  const endedMs = write.outcome === 'done' ? write.endedMs : Number.POSITIVE_INFINITY
  const what = `written at ${revision}`
  return [{ ...write, endedMs, what, states: [{ from: revision, until: revision }] }]
}

function readSpan(read: ReadOperation, versions: readonly Version[]): Span[] {
  const isIt = ({ revision, text }: Version) =>
    read.revision === 0 ? text === undefined : revision === read.revision
  const states = versions.filter(isIt).map(({ revision, until }) => ({ from: revision, until }))
  return [{ ...read, what: `read at ${read.revision}`, states }]
}
