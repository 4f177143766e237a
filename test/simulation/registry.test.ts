// The registry over a failing disk: what clients of the API are told stays true, whatever happens
// below, and every watch tells all there was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeds } from './seeds.ts'
import { simulateRegistry } from './simulate-registry.ts'

test('clients of the registry see one history, over every crash', async () => {
  let writes = 0
  for (const seed of seeds({ count: 30 })) {
    const result = await simulateRegistry(seed)
    assert.deepEqual(result.faults, [], `SEED=${seed} node --test test/simulation/registry.test.ts`)
    writes += result.writes
  }
  assert.ok(process.env['SEED'] || writes > 1000, `only ${writes} writes`)
})
