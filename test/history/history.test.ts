// The checker itself: histories that a correct store can have, and wrong ones that it must refuse.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from './faults.ts'
import type { Fact, History, WatchEvent, WatchRecord, WriteRecord } from './history.ts'
import { type LogEvent, witnessed } from './recorded-log.ts'

const put = (key: string, text: string, revision: number): Fact => ({
  ...{ type: 'put', key, text, revision },
})
const gone = (key: string, revision: number): Fact => ({ type: 'delete', key, text: '', revision })

/** Each write took from one tick to the next but one, one after the other. */
const write = (fact: Fact, expected: number, more: Partial<WriteRecord> = {}): WriteRecord => ({
  ...{ type: fact.type, key: fact.key, text: fact.text, expected, outcome: 'done' },
  ...{ revision: fact.revision, began: fact.revision * 10, ended: fact.revision * 10 + 5 },
  ...more,
})

const facts = [
  put('/a', 'a1', 2),
  put('/b', 'b1', 3),
  put('/a', 'a2', 4),
  gone('/b', 5),
  put('/b', 'b2', 6),
]
const expected = [0, 0, 2, 3, 0]
const writes = facts.map((fact, index) => write(fact, expected[index] ?? 0))
const good: History = { facts, writes, isDense: true }
const late = { began: 100, ended: 101 }

const event = (type: WatchEvent['type'], fact: Partial<Fact>, at = 100): WatchEvent => ({
  ...{ type, key: fact.key ?? '', text: fact.text ?? '', revision: fact.revision ?? 0, at },
})
const events = [
  event('ADDED', { key: '/a', text: 'a1', revision: 2 }),
  event('ADDED', { key: '/b', text: 'b1', revision: 3 }),
  event('BOOKMARK', { revision: 3 }),
  event('MODIFIED', { key: '/a', text: 'a2', revision: 4 }),
  event('DELETED', { key: '/b', text: 'b1', revision: 5 }),
  event('ADDED', { key: '/b', text: 'b2', revision: 6 }),
]
const watch = (more: Partial<WatchRecord> = {}): WatchRecord => ({
  ...{ prefix: '/', after: 1, events },
  ...more,
})

const faults = (more: Partial<History>) => faultsOf({ ...good, ...more })

test('a history in which all was seen has no faults', () => {
  assert.deepEqual(faults({}), [])
  assert.deepEqual(faults({ watches: [watch(), watch({ after: 4, events: events.slice(4) })] }), [])
  const items = [
    { key: '/a', revision: 4, text: 'a2' },
    { key: '/b', revision: 6, text: 'b2' },
  ]
  const [a] = items
  assert.deepEqual(
    faults({
      reads: [{ key: '/a', item: a, ...late }],
      lists: [
        { prefix: '/', revision: 6, items, ...late },
        { prefix: '/', revision: 5, at: 5, items: items.slice(0, 1), ...late },
      ],
      gone: [{ asked: 2, compacted: 3 }],
    }),
    [],
  )
})

test('a write whose answer was lost may have been done, or not', () => {
  const unknown = { outcome: 'unknown', ended: Number.POSITIVE_INFINITY } as const
  const lost = write(put('/c', 'c1', 7), 0, unknown)
  const done = writes.map((each) => (each.text === 'a2' ? { ...each, ...unknown } : each))
  assert.deepEqual(faults({ writes: [...done, lost] }), [])
})

test('a write that was acknowledged and is not there is lost', () => {
  const lost = write(put('/c', 'c1', 7), 0)
  assert.deepEqual(faults({ writes: [...writes, lost] }), ['/c: "c1" at 7 is lost'])
  const undeleted = write(gone('/a', 7), 4)
  assert.deepEqual(faults({ writes: [...writes, undeleted] }), ['/a: the delete at 7 is lost'])
})

test('a revision twice, backwards or left out is found', () => {
  const order = (...numbers: number[]) =>
    faultsOf({
      facts: numbers.map((revision, i) => put(`/${i}`, `${i}`, revision)),
      writes: numbers.map((revision, i) => write(put(`/${i}`, `${i}`, revision), 0)),
      isDense: true,
    }).filter((fault) => fault.includes('came after'))
  assert.deepEqual(order(2, 2), ['/1: revision 2 came after 2'])
  assert.deepEqual(order(3, 2), ['/1: revision 2 came after 3'])
  assert.deepEqual(order(2, 4), ['/1: 4 came after 2: a gap'])
})

test('two writers cannot both have followed the same revision', () => {
  const second = put('/a', 'a3', 7)
  assert.deepEqual(faults({ facts: [...facts, second], writes: [...writes, write(second, 2)] }), [
    '/a: "a3" expected 2 at 7, where 4 was',
  ])
})

test('what was refused, or failed for good, must not have happened', () => {
  const with2 = (outcome: 'refused' | 'failed') =>
    faults({ writes: writes.map((each) => (each.text === 'a2' ? { ...each, outcome } : each)) })
  assert.deepEqual(with2('refused'), ['/a: "a2" was refused, and done'])
  assert.deepEqual(with2('failed'), ['/a: "a2" failed, and done'])
})

test('a write is refused for a reason only', () => {
  const refused = (expect: number, current?: number) =>
    faults({
      writes: [
        ...writes,
        {
          ...write(put('/a', 'a3', 0), expect, { outcome: 'refused', ...late }),
          ...(current !== undefined && { current }),
        },
      ],
    })
  assert.deepEqual(refused(2, 4), [])
  assert.deepEqual(refused(4), ['/a: "a3" was refused, though 4 is what it expected'])
  assert.deepEqual(refused(2, 3), ['/a: "a3" was refused for 3, which never was'])
})

test('nothing happens by itself', () => {
  assert.deepEqual(faults({ facts: [...facts, put('/a', 'x', 7), gone('/b', 8)] }), [
    '/a: "x" at 7 was written by nobody',
    '/b: deleted at 8 by nobody',
  ])
})

test('a write that began after a revision was known has a later one', () => {
  const early = write(put('/c', 'c1', 7), 0, { began: 200, ended: 201 })
  const told = write(put('/d', 'd1', 8), 0, { began: 100, ended: 101 })
  const all = [...facts, put('/c', 'c1', 7), put('/d', 'd1', 8)]
  assert.deepEqual(faults({ facts: all, writes: [...writes, early, told] }), [
    '/c: "c1" is at 7, and began when 8 was known',
  ])
})

test('a stale, an invented and a too early read are found', () => {
  const read = (revision: number, text: string, times = late) =>
    faults({ reads: [{ key: '/a', item: { key: '/a', revision, text }, ...times }] })
  assert.deepEqual(read(2, 'a1'), ['/a: read as of 2 when 4 was known'])
  assert.deepEqual(read(2, 'a1', { began: 41, ended: 42 }), [])
  assert.deepEqual(read(4, 'a1'), ['/a: "a1" at 4 was read, and never was'])
  const early = read(4, 'a2', { began: 1, ended: 2 })
  assert.ok(early.includes('/a: "a2" was read before it was written'))
  const absent = (times: { began: number; ended: number }) =>
    faults({ reads: [{ key: '/b', item: undefined, ...times }] })
  assert.deepEqual(absent(late), ['/b: not found, when 6 was known'])
  assert.deepEqual(absent({ began: 46, ended: 51 }), [])
})

test('a list is the state at its revision, in order, and no older than what was known', () => {
  const a = { key: '/a', revision: 4, text: 'a2' }
  const b = { key: '/b', revision: 6, text: 'b2' }
  const list = (revision: number, ...items: (typeof a)[]) =>
    faults({ lists: [{ prefix: '/', revision, items, ...late }] })
  assert.deepEqual(list(5, a), ['list of / at 5: 6 was known'])
  assert.deepEqual(list(6, a), ['list of / at 6: /b@6 is missing'])
  assert.deepEqual(list(6, b, a), ['list of / at 6: out of order or twice'])
  assert.deepEqual(list(6, a, b, b), ['list of / at 6: out of order or twice'])
  assert.deepEqual(
    faults({ lists: [{ prefix: '/', revision: 6, at: 5, items: [a, b], ...late }] }),
    ['list of / at 6: 5 was asked for'],
  )
})

test('a gap, a repetition, a change of order and a wrong type in a watch are each found', () => {
  const watched = (...indexes: number[]) =>
    faults({ watches: [watch({ events: indexes.flatMap((i) => events[i] ?? []) })] })
  assert.deepEqual(watched(0, 1, 4), ['watch of / after 1: MODIFIED /a "a2" at 4 is missing'])
  assert.deepEqual(watched(0, 0, 1), ['watch of / after 1: ADDED /a "a1" at 2 came after 2'])
  assert.deepEqual(watched(1, 0), [
    'watch of / after 1: ADDED /a "a1" at 2 is missing',
    'watch of / after 1: ADDED /a "a1" at 2 came after 3',
  ])
  const stranger = event('ADDED', { key: '/c', text: 'c1', revision: 7 })
  assert.deepEqual(faults({ watches: [watch({ after: 6, events: [stranger] })] }), [
    'watch of / after 6: ADDED /c "c1" at 7 is too much',
  ])
  const wrong = event('MODIFIED', { key: '/a', text: 'a1', revision: 2 })
  assert.deepEqual(faults({ watches: [watch({ events: [wrong] })] }), [
    'watch of / after 1: MODIFIED /a "a1" at 2 is not ADDED /a "a1" at 2',
  ])
})

test('a bookmark that comes before what it vouches for is found', () => {
  const early = event('BOOKMARK', { revision: 3 })
  const [first, second] = events
  assert.ok(first && second)
  assert.deepEqual(faults({ watches: [watch({ events: [first, early, second] })] }), [
    'watch of / after 1: a bookmark at 3 before ADDED /b "b1" at 3',
    'watch of / after 1: ADDED /b "b1" at 3 came after 3',
  ])
})

test('a watch with a selector sees objects come and go by it', () => {
  const matches = (text: string) => text.endsWith('1')
  const left = event('DELETED', { key: '/a', text: 'a1', revision: 4 })
  const [first, second] = events
  assert.ok(first && second)
  const watched = (...seen: WatchEvent[]) => faults({ watches: [watch({ matches, events: seen })] })
  const end = event('BOOKMARK', { revision: 4 })
  assert.deepEqual(watched(first, second, left, end), [])
  assert.deepEqual(watched(first, second, end), [
    'watch of / after 1: a bookmark at 4 before DELETED /a "a1" at 4',
  ])
  const kept = event('MODIFIED', { key: '/a', text: 'a2', revision: 4 })
  assert.deepEqual(watched(first, second, kept), [
    'watch of / after 1: MODIFIED /a "a2" at 4 is not DELETED /a "a1" at 4',
  ])
})

test('410 is the answer to what was compacted only', () => {
  assert.deepEqual(faults({ gone: [{ asked: 3, compacted: 3 }] }), [
    '3 is said to be compacted, and only 3 is',
  ])
})

test('a log that comes back without a durable batch, or with a failed one, is found', () => {
  const first = [put('/a', 'a1', 2)]
  const next = [put('/a', 'a2', 3)]
  const after = (loaded: readonly Fact[], ...events: LogEvent[]) =>
    witnessed([...events, { type: 'loaded', base: 1, items: [], facts: loaded }])
  const done: LogEvent[] = [{ type: 'appending', facts: first }, { type: 'durable' }]
  const begun: LogEvent = { type: 'appending', facts: next }
  assert.deepEqual(after([...first, ...next], ...done, begun), {
    facts: [...first, ...next],
    faults: [],
  })
  assert.deepEqual(after(first, ...done, begun), { facts: first, faults: [] })
  assert.deepEqual(after([], ...done).faults, ['2 was durable, and only 1 is there'])
  const failed: LogEvent = { type: 'failed', isUndone: true }
  assert.deepEqual(after([...first, ...next], ...done, begun, failed).faults, [
    'after 1 there is put /a "a1" at 2,put /a "a2" at 3; it was put /a "a1" at 2',
  ])
})
