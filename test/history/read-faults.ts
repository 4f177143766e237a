// Reads and lists against the order of what happened: each is the state at one moment, and not at
// one before what anybody had been told of when it began.

import type { Fact, History, Item, ListRecord, ReadRecord } from './history.ts'
import { isMatch, type Timeline } from './timeline.ts'

export function readFaults(timeline: Timeline, { reads = [], lists = [] }: History): string[] {
  return [
    ...reads.flatMap((read) => faultsOfRead(timeline, read)),
    ...lists.flatMap((list) => faultsOfList(timeline, list)),
  ]
}

function faultsOfRead(timeline: Timeline, { key, item, began, ended }: ReadRecord): string[] {
  const known = timeline.knownAt(began)
  if (item) {
    const next = timeline.nextOf(key, item.revision)
    return [
      ...itemFaults(timeline, item, ended),
      ...(next && next.revision <= known
        ? [`${key}: read as of ${item.revision} when ${next.revision} was known`]
        : []),
    ]
  }
  // Absent: then, or at a delete that had begun before the answer.
  let held = timeline.lastOf(key, known)
  while (held?.type === 'put') {
    held = timeline.nextOf(key, held.revision)
    if (!held || timeline.beganOf(held) >= ended) {
      return [`${key}: not found, when ${timeline.heldAt(key, known)} was known`]
    }
  }
  return []
}

function faultsOfList(timeline: Timeline, list: ListRecord): string[] {
  const { prefix, matches, revision, items, at, notOlderThan, began, ended } = list
  const name = `list of ${prefix} at ${revision}`
  const least = notOlderThan ?? timeline.knownAt(began)
  const expected = timeline.stateAt(prefix, revision).filter((fact) => isMatch(matches, fact))
  return [
    ...(at !== undefined && at !== revision ? [`${name}: ${at} was asked for`] : []),
    ...(at === undefined && revision < least ? [`${name}: ${least} was known`] : []),
    ...items.flatMap((item) => itemFaults(timeline, item, ended)),
    ...differences(name, expected, items),
  ]
}

/** What was read is what was written, by a write that had begun. */
function itemFaults(timeline: Timeline, { key, revision, text }: Item, ended: number): string[] {
  const fact = timeline.at(revision)
  if (!fact || fact.key !== key || fact.type !== 'put' || fact.text !== text) {
    return [`${key}: "${text}" at ${revision} was read, and never was`]
  }
  return timeline.beganOf(fact) < ended ? [] : [`${key}: "${text}" was read before it was written`]
}

function differences(name: string, expected: readonly Fact[], items: readonly Item[]): string[] {
  const wanted = expected.map(({ key, revision }) => `${key}@${revision}`)
  const found = items.map(({ key, revision }) => `${key}@${revision}`)
  if (wanted.join() === found.join()) return []
  const missing = wanted.filter((each) => !found.includes(each))
  const extra = found.filter((each) => !wanted.includes(each))
  if (missing.length + extra.length === 0) return [`${name}: out of order or twice`]
  return [
    ...missing.map((each) => `${name}: ${each} is missing`),
    ...extra.map((each) => `${name}: ${each} is too much`),
  ]
}
