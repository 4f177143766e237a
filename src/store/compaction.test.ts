import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../lib/clock.ts'
import { compactionTarget, runCompaction } from './compaction.ts'
import { memoryStore } from './drivers/memory.ts'

test('only what is known to be old goes', () => {
  const marks = [
    { atMs: 0, revision: 5 },
    { atMs: 10, revision: 9 },
    { atMs: 20, revision: 12 },
  ]
  assert.equal(compactionTarget(marks, { oldestMs: 10, oldest: -100 }), 9)
  assert.equal(compactionTarget(marks, { oldestMs: -1, oldest: -100 }), 0)
})

test('a storm of writes is cut off by number', () => {
  assert.equal(compactionTarget([{ atMs: 20, revision: 500 }], { oldestMs: 10, oldest: 400 }), 400)
})

test('a revision is compacted once it is five minutes old, and not before', async () => {
  await using store = await memoryStore()
  const clock = testClock()
  const stop = new AbortController()
  await store.put('/a', new Uint8Array(1), 0)
  const running = runCompaction(store, { clock, signal: stop.signal })
  const pass = async (ms: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await pass(290_000)
  await store.put('/b', new Uint8Array(1), 0)
  assert.equal(await store.compactedRevision(), 0)
  await pass(10_000)
  assert.equal(await store.compactedRevision(), 2)
  stop.abort()
  await running
})
