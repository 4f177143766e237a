// The store over a disk that loses, tears, reorders and refuses, under seeds that decide who is
// next and when the power goes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeds } from './seeds.ts'
import { simulateStore } from './simulate-store.ts'

test('no crash and no failure of the disk breaks a promise of the store', async () => {
  const total = { writes: 0, crashes: 0, refused: 0 }
  for (const seed of seeds({ count: 300 })) {
    const { faults, writes, crashes, isRefused } = await simulateStore(seed)
    assert.deepEqual(faults, [], `SEED=${seed} node --test test/simulation/store.test.ts`)
    total.writes += writes
    total.crashes += crashes
    total.refused += isRefused ? 1 : 0
  }
  assert.ok(
    process.env['SEED'] || (total.writes > 1000 && total.refused > 0),
    JSON.stringify(total),
  )
})

test('a seed gives the same simulation every time', async () => {
  assert.deepEqual(await simulateStore(7), await simulateStore(7))
})
