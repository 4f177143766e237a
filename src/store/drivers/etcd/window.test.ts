import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Change, Compacted } from '../../store.ts'
import { createWindow } from './window.ts'

const put = (revision: number, size = 1, key = `/${revision}`): Change => ({
  ...{ type: 'put', key, value: new Uint8Array(size), revision },
})
const revisions = (changes: readonly Change[]) => changes.map(({ revision }) => revision)

test('what is known already is left out', () => {
  const window = createWindow(4)
  assert.deepEqual(revisions(window.add([put(4), put(5), put(6)])), [5, 6])
  assert.deepEqual(revisions(window.add([put(6), put(7)])), [7])
  assert.deepEqual([window.base, window.revision], [4, 7])
  assert.throws(() => window.changesFrom(4, 10), Compacted)
})

test('changes of one revision are never parted', () => {
  const window = createWindow(1)
  window.add([put(2), put(3, 1, '/a'), put(3, 1, '/b'), put(4)])
  assert.deepEqual(revisions(window.changesFrom(2, 2)), [2, 3, 3])
})

test('a window that is full forgets its older half', () => {
  const window = createWindow(1)
  window.add(Array.from({ length: 20_001 }, (_, index) => put(index + 2)))
  assert.deepEqual([window.base, window.revision], [10_002, 20_002])
  assert.deepEqual(revisions(window.changesFrom(10_003, 2)), [10_003, 10_004])
  const large = createWindow(1)
  for (let revision = 2; revision <= 9; revision++) large.add([put(revision, 10_000_000)])
  assert.equal(large.revision, 9)
  assert.ok(large.base > 2)
})

test('what is compacted is forgotten, even before it was seen', () => {
  const window = createWindow(1)
  window.add([put(2), put(3), put(4)])
  window.forget(3)
  assert.deepEqual(revisions(window.changesFrom(4, 10)), [4])
  window.forget(8)
  assert.deepEqual([window.base, window.revision], [8, 8])
})
