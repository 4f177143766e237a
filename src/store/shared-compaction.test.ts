import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../lib/clock.ts'
import { memoryStore } from './drivers/memory.ts'
import { compactionKey, compactOnce, runSharedCompaction } from './shared-compaction.ts'

const none = { seen: 0, revision: 0 }
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value)

test('of several servers the first of a round compacts, to the round before', async () => {
  await using store = await memoryStore()
  let [one, other] = [await compactOnce(store, none), none]
  assert.deepEqual(one, { seen: 2, revision: 2 })
  other = await compactOnce(store, other)
  assert.deepEqual(other, { seen: 2, revision: 2 })
  assert.equal(await store.compactedRevision(), 0)
  await store.put('/registry/a', new Uint8Array(1), 0)
  other = await compactOnce(store, other)
  assert.deepEqual(other, { seen: 4, revision: 4 })
  one = await compactOnce(store, one)
  assert.deepEqual(one, { seen: 4, revision: 4 })
  assert.equal(await store.compactedRevision(), 2)
  assert.equal(text((await store.get(compactionKey))?.value), '2')
})

test('what was compacted further by hand is no error', async () => {
  await using store = await memoryStore()
  const round = await compactOnce(store, none)
  await store.put('/registry/a', new Uint8Array(1), 0)
  await store.compact(3)
  assert.deepEqual(await compactOnce(store, round), { seen: 4, revision: 4 })
})

test('a round takes five minutes', async () => {
  await using store = await memoryStore()
  const clock = testClock()
  const stop = new AbortController()
  const running = runSharedCompaction(store, { clock, signal: stop.signal })
  for (let minute = 0; minute < 16; minute++) {
    for (let turn = 0; turn < 5; turn++) await new Promise((go) => setImmediate(go))
    clock.advance(60_000)
  }
  for (let turn = 0; turn < 5; turn++) await new Promise((go) => setImmediate(go))
  assert.equal(text((await store.get(compactionKey))?.value), '3')
  assert.equal(await store.compactedRevision(), 3)
  stop.abort()
  await running
})
