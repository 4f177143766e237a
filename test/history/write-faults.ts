// Writes against the order of what happened: none that was acknowledged is lost, none happened that
// was refused or by nobody, compare-and-set held at its one moment, and time did not run backwards.

import type { Fact, WriteRecord } from './history.ts'
import type { Timeline } from './timeline.ts'

export function writeFaults(timeline: Timeline, writes: readonly WriteRecord[]): string[] {
  const claimed = new Map<Fact, WriteRecord>()
  const byText = new Map(
    timeline.facts.filter(({ type }) => type === 'put').map((fact) => [fact.text, fact]),
  )
  const faults: string[] = []
  // Answers that name their fact first: what is left may be of those that do not.
  for (const write of writes.toSorted((a, b) => certainty(b) - certainty(a))) {
    const fact = factOf(write, { timeline, byText, claimed })
    if (fact) claimed.set(fact, write)
    faults.push(...faultsOfWrite(write, fact, timeline))
  }
  const strangers = timeline.facts.filter((fact) => !claimed.has(fact))
  return [
    ...faults,
    ...strangers.map(({ key, type, text, revision }) =>
      type === 'put'
        ? `${key}: "${text}" at ${revision} was written by nobody`
        : `${key}: deleted at ${revision} by nobody`,
    ),
  ]
}

function certainty({ outcome, revision, expected }: WriteRecord): number {
  if (outcome !== 'done') return expected === undefined ? 0 : 1
  return revision !== undefined ? 4 : expected !== undefined ? 3 : 2
}

interface Claims {
  readonly timeline: Timeline
  readonly byText: ReadonlyMap<string, Fact>
  readonly claimed: ReadonlyMap<Fact, WriteRecord>
}

/** The one fact that the write is, as far as the order tells. */
function factOf(write: WriteRecord, { timeline, byText, claimed }: Claims): Fact | undefined {
  const { type, key, text, outcome, revision, expected } = write
  if (type === 'put') return byText.get(text)
  if (outcome === 'refused' || outcome === 'failed') return undefined
  const isFree = (fact: Fact | undefined) =>
    fact !== undefined && fact.key === key && fact.type === 'delete' && !claimed.has(fact)
  if (revision !== undefined) {
    const fact = timeline.at(revision)
    return isFree(fact) ? fact : undefined
  }
  let fact = timeline.nextOf(key, expected ?? timeline.knownAt(write.began))
  if (expected !== undefined) return isFree(fact) ? fact : undefined
  while (fact && !isFree(fact)) fact = timeline.nextOf(key, fact.revision)
  return fact
}

function faultsOfWrite(write: WriteRecord, fact: Fact | undefined, timeline: Timeline): string[] {
  const { key, outcome, revision, expected, began } = write
  const name = write.type === 'put' ? `"${write.text}"` : 'the delete'
  if (outcome === 'refused') return refusalFaults(write, fact, timeline)
  if (outcome === 'failed') return fact ? [`${key}: ${name} failed, and done`] : []
  if (!fact) {
    return outcome === 'done' ? [`${key}: ${name} at ${revision ?? '?'} is lost`] : []
  }
  const known = timeline.knownAt(began)
  const held = timeline.heldAt(key, fact.revision - 1)
  return [
    ...(fact.key === key ? [] : [`${key}: ${name} was written to ${fact.key}`]),
    ...(revision === undefined || revision === fact.revision
      ? []
      : [`${key}: ${name} was told to be at ${revision}, and is at ${fact.revision}`]),
    ...(expected === undefined || expected === held
      ? []
      : [`${key}: ${name} expected ${expected} at ${fact.revision}, where ${held} was`]),
    ...(fact.revision > known
      ? []
      : [`${key}: ${name} is at ${fact.revision}, and began when ${known} was known`]),
  ]
}

/** There was a moment at which the key was not as the writer expected. */
function refusalFaults(
  { key, type, text, expected, current, began, ended }: WriteRecord,
  fact: Fact | undefined,
  timeline: Timeline,
): string[] {
  const name = type === 'put' ? `"${text}"` : 'the delete'
  if (fact) return [`${key}: ${name} was refused, and done`]
  if (expected === undefined) return []
  const known = timeline.knownAt(began)
  const next = timeline.nextOf(key, known)
  const isChanged = next !== undefined && timeline.beganOf(next) < ended
  const isOther = timeline.heldAt(key, known) !== expected || isChanged
  const isNothing = type === 'delete' && expected === 0
  return [
    ...(isOther || isNothing
      ? []
      : [`${key}: ${name} was refused, though ${expected} is what it expected`]),
    ...(current !== undefined && current === expected && !isNothing
      ? [`${key}: ${name} was refused for ${current}, which is what it expected`]
      : []),
    ...(current !== undefined && current > 0 && timeline.at(current)?.key !== key
      ? [`${key}: ${name} was refused for ${current}, which never was`]
      : []),
  ]
}
