// What the store promises while others write without a pause.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryLog } from './drivers/memory.ts'
import { openLocalStore } from './local-store.ts'
import { StoreFull } from './store.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** A log whose batches take as long as the test says. */
function heldLog() {
  const held: (() => void)[] = []
  let snapshots = 0
  return {
    log: {
      ...memoryLog(),
      append: () => new Promise<void>((resolve) => held.push(resolve)),
      wantsSnapshot: () => true,
      writeSnapshot: async () => void snapshots++,
    },
    get snapshots() {
      return snapshots
    },
    async release() {
      held.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('a refused write and a snapshot do not wait until nobody writes', async () => {
  const held = heldLog()
  const store = await openLocalStore(held.log)
  const write = (count: number) => store.put(`/${count}`, bytes('1'), 0)
  const writing = [store.put('/a', bytes('1'), 0)]
  const refused = store.put('/a', bytes('2'), 0)
  let isAnswered = false
  void refused.then(() => {
    isAnswered = true
  })
  for (let count = 0; count < 5; count++) {
    await new Promise((resolve) => setImmediate(resolve))
    writing.push(write(count))
    await held.release()
  }
  assert.deepEqual([isAnswered, held.snapshots], [true, 5])
  assert.equal((await refused).ok, false)
  await held.release()
  await Promise.all(writing)
  await store[Symbol.asyncDispose]()
})

test('a write that only a failed one stood in the way of is done', async () => {
  let failures = 1
  await using store = await openLocalStore({
    ...memoryLog(),
    append: async () => {
      if (failures-- > 0) throw new StoreFull('no room')
    },
  })
  const first = store.put('/a', bytes('1'), 0)
  const second = store.put('/a', bytes('2'), 0)
  await assert.rejects(first, StoreFull)
  assert.deepEqual(await second, { ok: true, revision: 2 })
})

test('what is synced at once is bounded in bytes', async () => {
  const batches: number[] = []
  await using store = await openLocalStore({
    ...memoryLog(),
    append: async (records) => void batches.push(records.length),
  })
  const value = new Uint8Array(6 << 20)
  await Promise.all(Array.from({ length: 5 }, (_, i) => store.put(`/${i}`, value, 0)))
  assert.deepEqual(batches, [2, 2, 1])
})
