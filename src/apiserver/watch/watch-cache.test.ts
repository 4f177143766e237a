import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createWatchCache } from './watch-cache.ts'

// More watchers than one turn serves, who come while others are served and changes go on.

const prefix = '/registry/pods/'

for (const seed of [1, 2, 3]) {
  test(`rounds of many turns lose, repeat and reorder nothing, seed ${seed}`, async () => {
    await using store = await memoryStore()
    const { below } = seededRandom(seed)
    const clock = testClock()
    const stop = new AbortController()
    const cache = createWatchCache({ store, clock, prefix, signal: stop.signal })
    const history: number[] = []
    const watchers: { readonly from: number; readonly seen: number[] }[] = []

    async function attach() {
      const now = await store.revision()
      const from = Math.max(1, now - below(20))
      const seen: number[] = []
      watchers.push({ from, seen })
      const accept = ({ changes }: { changes: readonly { revision: number }[] }) =>
        void seen.push(...changes.map(({ revision }) => revision))
      const watcher = { accept, ready: () => Promise.resolve(), end() {} }
      await cache.attach(watcher, from, stop.signal)
    }

    /** What the cache says that everybody has, everybody has. */
    function assertHanded(): void {
      const due = history.filter((revision) => revision <= cache.revision)
      for (const { from, seen } of watchers)
        assert.ok((seen.at(-1) ?? from) >= Math.max(from, due.at(-1) ?? 0))
    }

    for (let count = 0; count < 600; count++) await attach()
    for (let step = 0; step < 60; step++) {
      const isOurs = below(4) > 0
      const put = await store.put(`${isOurs ? prefix : '/other/'}${step}`, new Uint8Array(1), 0)
      assert.ok(put.ok)
      if (isOurs) history.push(put.revision)
      if (below(3) === 0) await attach()
      for (let turns = below(4); turns > 0; turns--) await new Promise(setImmediate)
      clock.advance(below(6))
      assertHanded()
    }
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(10)
      await new Promise(setImmediate)
    }
    assertHanded()
    for (const { from, seen } of watchers)
      assert.deepEqual(
        seen,
        history.filter((revision) => revision > from),
      )
    stop.abort()
  })
}
