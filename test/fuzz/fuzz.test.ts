// Requests by chance from what the server itself says that it can be asked: whatever comes, it
// answers, never with a failure of its own, and what it has stored it can serve.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeds } from '../simulation/seeds.ts'
import { runFuzz } from './run-fuzz.ts'

const only = new RegExp(process.env['FUZZ_ONLY'] ?? '.')

test('whatever is asked is answered, and whatever is stored can be read', async () => {
  for (const seed of seeds({ count: 2 })) {
    const { faults, accepted } = await runFuzz({ seed, requests: 1500, only })
    assert.deepEqual(faults, [], `SEED=${seed} node --test test/fuzz/fuzz.test.ts`)
    assert.ok(accepted > 200, `only ${accepted} requests of seed ${seed} were accepted`)
  }
})
