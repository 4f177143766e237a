import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ReadOperation,
  type RegisterHistory,
  registerFaults,
  type WriteOperation,
} from './register-history.ts'

const key = 'k'
const write = (
  text: string | undefined,
  [expected, revision]: readonly [number, number],
  [startedMs, endedMs]: readonly [number, number],
): WriteOperation => ({ key, text, expected, revision, startedMs, endedMs, outcome: 'done' })
const read = (
  revision: number,
  text: string | undefined,
  [startedMs, endedMs]: readonly [number, number],
): ReadOperation => ({ key, revision, text, startedMs, endedMs })
const faults = (history: Partial<RegisterHistory>) =>
  registerFaults({ writes: [], reads: [], seen: [], ...history })

const writes = [
  write('a', [0, 2], [0, 10]),
  write('b', [2, 3], [20, 30]),
  write(undefined, [3, 5], [40, 50]),
]
const seen = [
  { key, revision: 2, text: 'a' },
  { key, revision: 3, text: 'b' },
  { key, revision: 5, text: undefined },
]

test('reads of what may have been true while they were under way are fine', () => {
  const reads = [
    read(0, undefined, [0, 5]),
    read(2, 'a', [5, 15]),
    read(2, 'a', [11, 25]),
    read(3, 'b', [21, 22]),
    read(3, 'b', [35, 45]),
    read(0, undefined, [41, 60]),
  ]
  assert.deepEqual(faults({ writes, seen, reads }), [])
})

test('a read of the past, of the future, and one that goes back are each found', () => {
  const reads = [
    read(2, 'a', [31, 32]),
    read(3, 'b', [12, 13]),
    read(0, undefined, [33, 34]),
    read(3, 'x', [35, 36]),
  ]
  assert.deepEqual(faults({ writes, seen, reads }), [
    'k: "x" was read at 3, where "b" is',
    'k: written at 3, after 3 was known',
    'k: read at 2, after 3 was known',
    'k: read at 3, after 5 was known',
    'k: written at 5, after 5 was known',
  ])
})

test('a write that is lost, that replaced another version, and that nobody made', () => {
  const wrong = [write('a', [7, 2], [0, 10]), write('gone', [2, 4], [20, 30])]
  assert.deepEqual(faults({ writes: wrong, seen }), [
    'k: a of 7 replaced 0 at 2',
    'k: gone of 2 at 4 is lost',
    'k: "b" was written by nobody',
  ])
})

test('a write whose answer was lost may be done later, but not before it began', () => {
  const late = (startedMs: number): WriteOperation => ({
    ...write('b', [2, 0], [startedMs, Number.POSITIVE_INFINITY]),
    outcome: 'unknown',
  })
  const [first] = writes
  assert.ok(first)
  const two = seen.slice(0, 2)
  const reads = [read(2, 'a', [50, 60]), read(3, 'b', [70, 80])]
  assert.deepEqual(faults({ writes: [first, late(20)], seen: two, reads }), [])
  assert.deepEqual(faults({ writes: [first, late(90)], seen: two, reads }), [
    'k: written at 3, after 3 was known',
  ])
  const refused = { ...late(20), outcome: 'refused' as const }
  assert.deepEqual(faults({ writes: [first, refused], seen: two }), [
    'k: b of 2 was refused, and done',
  ])
})
