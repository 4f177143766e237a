// A watch against the order of what happened: every change that concerns it, once, in order, as the
// transition that it is for the watcher's selector, and no bookmark before what it vouches for.

import type { Fact, WatchEvent, WatchRecord } from './history.ts'
import { isMatch, type Timeline } from './timeline.ts'

export function watchFaults(timeline: Timeline, watch: WatchRecord): string[] {
  const { prefix, after, events } = watch
  const name = `watch of ${prefix} after ${after}`
  const reached = events.reduce((most, { revision }) => Math.max(most, revision), after)
  const expected = timeline
    .between(after, reached)
    .flatMap((fact) => expectedEvent(timeline, watch, fact))
  return [
    ...differences(name, expected, events),
    ...events.flatMap((event) => eventFaults(name, timeline, event)),
  ]
}

type Expected = Omit<WatchEvent, 'at'>

function expectedEvent(
  timeline: Timeline,
  { prefix, matches }: WatchRecord,
  fact: Fact,
): Expected[] {
  const { key, revision } = fact
  if (!key.startsWith(prefix)) return []
  const previous = timeline.lastOf(key, revision - 1)
  const was = isMatch(matches, previous)
  if (isMatch(matches, fact)) {
    return [{ type: was ? 'MODIFIED' : 'ADDED', key, revision, text: fact.text }]
  }
  return was ? [{ type: 'DELETED', key, revision, text: previous?.text ?? '' }] : []
}

/** Both in order; a bookmark must find all that is expected up to it delivered. */
function differences(
  name: string,
  expected: readonly Expected[],
  events: readonly WatchEvent[],
): string[] {
  let next = 0
  let reached = 0
  const faults: string[] = []
  /** What is expected before the revision, and has not been there. */
  const before = (revision: number): readonly Expected[] => {
    const start = next
    while ((expected[next]?.revision ?? Number.POSITIVE_INFINITY) < revision) next++
    return expected.slice(start, next)
  }
  for (const event of events) {
    const { type, revision } = event
    if (revision < reached || (revision === reached && type !== 'BOOKMARK')) {
      faults.push(`${name}: ${worded(event)} came after ${reached}`)
      continue
    }
    reached = revision
    if (type === 'BOOKMARK') {
      for (const early of before(revision + 1)) {
        faults.push(`${name}: a bookmark at ${revision} before ${worded(early)}`)
      }
      continue
    }
    for (const missed of before(revision)) faults.push(`${name}: ${worded(missed)} is missing`)
    const found = expected[next]
    if (found?.revision !== revision) faults.push(`${name}: ${worded(event)} is too much`)
    else {
      next++
      if (worded(found) === worded(event)) continue
      faults.push(`${name}: ${worded(event)} is not ${worded(found)}`)
    }
  }
  return faults
}

function worded(event: Expected): string {
  const { type, key, text, revision } = event
  return type === 'BOOKMARK' ? `BOOKMARK at ${revision}` : `${type} ${key} "${text}" at ${revision}`
}

function eventFaults(name: string, timeline: Timeline, event: WatchEvent): string[] {
  if (event.type === 'BOOKMARK') return []
  const fact = timeline.at(event.revision)
  if (!fact || timeline.beganOf(fact) < event.at) return []
  return [`${name}: ${worded(event)} came before it was written`]
}
