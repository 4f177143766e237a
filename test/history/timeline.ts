// The order in which everything happened, and what was known when. In: a history. Out: lookups by
// key, revision and time, each a binary search.

import type { Fact, History, Matches, WriteRecord } from './history.ts'

export interface Timeline {
  readonly facts: readonly Fact[]
  readonly last: number
  at(revision: number): Fact | undefined
  /** The key's last change at or before the revision. */
  lastOf(key: string, revision: number): Fact | undefined
  nextOf(key: string, revision: number): Fact | undefined
  /** The revision of what the key holds then, 0 for nothing. */
  heldAt(key: string, revision: number): number
  between(after: number, upTo: number): readonly Fact[]
  stateAt(prefix: string, revision: number): readonly Fact[]
  /** The latest revision that somebody had been told of before the time. */
  knownAt(time: number): number
  /** When the write behind a fact began; Infinity where nobody wrote it. */
  beganOf(fact: Fact): number
}

export function timelineOf(history: History): Timeline {
  const facts = history.facts.toSorted((a, b) => a.revision - b.revision)
  const byKey = Map.groupBy(facts, ({ key }) => key)
  const known = knownTimes(history)
  const began = beginnings(history.writes)
  const held = (fact: Fact | undefined) => (fact?.type === 'put' ? fact.revision : 0)

  function lastOf(key: string, revision: number): Fact | undefined {
    const own = byKey.get(key) ?? []
    return own[firstAfter(own, revision, (fact) => fact.revision) - 1]
  }

  return {
    facts,
    last: facts.at(-1)?.revision ?? 0,
    at(revision) {
      const fact = facts[firstAfter(facts, revision, (each) => each.revision) - 1]
      return fact?.revision === revision ? fact : undefined
    },
    lastOf,
    nextOf(key, revision) {
      const own = byKey.get(key) ?? []
      return own[firstAfter(own, revision, (fact) => fact.revision)]
    },
    heldAt: (key, revision) => held(lastOf(key, revision)),
    between: (after, upTo) =>
      facts.slice(
        firstAfter(facts, after, (fact) => fact.revision),
        firstAfter(facts, upTo, (fact) => fact.revision),
      ),
    stateAt: (prefix, revision) =>
      [...byKey.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .flatMap((key) => {
          const fact = lastOf(key, revision)
          return fact?.type === 'put' ? [fact] : []
        }),
    knownAt: (time) => known[firstAfter(known, time, (each) => each.time) - 1]?.revision ?? 0,
    beganOf: (fact) =>
      (fact.type === 'put' ? began.get(fact.text) : began.get(`${fact.key} deleted`)) ??
      Number.POSITIVE_INFINITY,
  }
}

export function isMatch(matches: Matches | undefined, fact: Fact | undefined): boolean {
  return fact?.type === 'put' && (!matches || matches(fact.text))
}

/** When the revision that is known grew, and to what. */
function knownTimes({ writes, reads = [], lists = [], watches = [] }: History) {
  const told = [
    ...writes.map(({ ended, revision = 0, current = 0 }) => ({
      time: ended,
      revision: Math.max(revision, current),
    })),
    ...reads.map(({ ended, item }) => ({ time: ended, revision: item?.revision ?? 0 })),
    ...lists.map(({ ended, revision }) => ({ time: ended, revision })),
    ...watches.flatMap(({ events }) => events.map(({ at, revision }) => ({ time: at, revision }))),
  ]
  let highest = 0
  return told
    .filter(({ time }) => Number.isFinite(time))
    .sort((a, b) => a.time - b.time)
    .flatMap(({ time, revision }) => {
      if (revision <= highest) return []
      highest = revision
      return [{ time, revision }]
    })
}

/** By text; the first of all deletes of a key. */
function beginnings(writes: readonly WriteRecord[]): ReadonlyMap<string, number> {
  const began = new Map<string, number>()
  for (const write of writes) {
    const name = write.type === 'put' ? write.text : `${write.key} deleted`
    began.set(name, Math.min(began.get(name) ?? Number.POSITIVE_INFINITY, write.began))
  }
  return began
}

/** Index of the first element whose number is above the limit. */
function firstAfter<T>(sorted: readonly T[], limit: number, numberOf: (each: T) => number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const element = sorted[middle]
    if (element !== undefined && numberOf(element) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
