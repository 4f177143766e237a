import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../../src/store/store.ts'
import { faultsOf, type WriteRecord } from './history.ts'

const change = (text: string, revision: number, previous = 0): Change => ({
  type: 'put',
  key: '/a',
  value: new TextEncoder().encode(text),
  revision,
  ...(previous > 0 && {
    previous: { key: '/a', value: new Uint8Array(), revision: previous, createRevision: 2 },
  }),
})
const write = (text: string, expected: number, revision: number): WriteRecord => ({
  ...{ key: '/a', text, expected, outcome: 'done', revision },
})

test('a history in which all was seen has no faults', () => {
  const writes = [write('1', 0, 2), write('2', 2, 3)]
  assert.deepEqual(faultsOf({ writes, watched: [change('1', 2), change('2', 3, 2)] }), [])
})

test('a lost write, a gap, a double and a stranger are each found', () => {
  const watched = [change('1', 2), change('3', 4, 3), change('3', 4, 3), change('x', 5, 4)]
  assert.deepEqual(faultsOf({ writes: [write('1', 0, 2), write('2', 2, 3)], watched }), [
    '/a: revision 4 came after 4',
    '/a: 4 follows 3, and 2 was seen last',
    '/a: 4 follows 3, and 4 was seen last',
    '/a: "2" at 3 is lost',
    '"3" was written by nobody',
    '"x" was written by nobody',
  ])
})
