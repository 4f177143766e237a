// What must hold of a history, and what did not. Revisions give the one order in which everything
// happened, so each rule is checked against that order in near-linear time. Strict: an operation
// sees all that anybody had been told of before it began.

import type { GoneRecord, History } from './history.ts'
import { readFaults } from './read-faults.ts'
import { type Timeline, timelineOf } from './timeline.ts'
import { watchFaults } from './watch-faults.ts'
import { writeFaults } from './write-faults.ts'

/** Every rule that was broken, in words; empty for a history that a correct store can have. */
export function faultsOf(history: History): string[] {
  const timeline = timelineOf(history)
  return [
    ...orderFaults(history),
    ...chainFaults(timeline),
    ...writeFaults(timeline, history.writes),
    ...readFaults(timeline, history),
    ...(history.watches ?? []).flatMap((watch) => watchFaults(timeline, watch)),
    ...(history.gone ?? []).flatMap(goneFaults),
  ]
}

/** As the witness saw them: revisions go up, and by one where every key is seen. */
function orderFaults({ facts, isDense }: History): string[] {
  return facts.flatMap(({ key, revision }, index) => {
    const before = facts[index - 1]?.revision
    if (before === undefined) return []
    if (revision <= before) return [`${key}: revision ${revision} came after ${before}`]
    return isDense && revision > before + 1
      ? [`${key}: ${revision} came after ${before}: a gap`]
      : []
  })
}

/** Each change follows the one before it of the same key; nothing is deleted that is not there. */
function chainFaults({ facts, heldAt }: Timeline): string[] {
  return facts.flatMap(({ key, type, revision, previous }) => {
    const held = heldAt(key, revision - 1)
    return [
      ...(previous === undefined || previous === held
        ? []
        : [`${key}: ${revision} follows ${previous}, and ${held} was seen last`]),
      ...(type === 'delete' && held === 0
        ? [`${key}: deleted at ${revision}, and was not there`]
        : []),
    ]
  })
}

function goneFaults({ asked, compacted }: GoneRecord): string[] {
  return asked < compacted ? [] : [`${asked} is said to be compacted, and only ${compacted} is`]
}
