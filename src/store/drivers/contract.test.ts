// Every store keeps the same contract; adding a driver adds one line to this table.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { mappedStore } from '../mapped-store.ts'
import { Compacted, FutureRevision, SlowWatcher, type Store, type WatchBatch } from '../store.ts'
import { etcdMissing, startEtcd } from './etcd/etcd-process.ts'
import { etcdStore } from './etcd/etcd-store.ts'
import { logStore } from './log.ts'
import { memoryStore } from './memory.ts'

type Use = (store: Store) => Promise<void>

const drivers: Record<string, (use: Use) => Promise<void>> = {
  async memory(use) {
    await using store = await memoryStore()
    await use(store)
  },
  async log(use) {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-store-'))
    try {
      await using store = await logStore(folder)
      await use(store)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  async mapped(use) {
    const reversed = (_: string, value: Uint8Array) => value.toReversed()
    await using store = mappedStore(await memoryStore(), { read: reversed, write: reversed })
    await use(store)
  },
  async etcd(use) {
    await using etcd = await startEtcd()
    const { signal } = new AbortController()
    const { endpoints } = etcd
    await using store = await etcdStore({ endpoints, clock: systemClock, signal, log: silentLog })
    await use(store)
  },
}

/** What a driver needs and this machine lacks. */
const missing: Readonly<Record<string, string | false>> = { etcd: etcdMissing }

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value)

for (const [name, open] of Object.entries(drivers)) {
  const skip = missing[name] ?? false
  const check = (title: string, use: Use) => test(title, { skip }, () => open(use))

  suite(`store: ${name}`, () => {
    check('an empty store is at revision 1', async (store) => {
      assert.equal(await store.revision(), 1)
      assert.deepEqual(await store.range('/'), { entries: [], revision: 1, remaining: 0 })
    })

    check('a write is refused when the key is not as expected', async (store) => {
      assert.deepEqual(await store.put('/a', bytes('1'), 0), { ok: true, revision: 2 })
      const refused = await store.put('/a', bytes('2'), 0)
      assert.equal(refused.ok, false)
      assert.equal(!refused.ok && refused.current?.revision, 2)
      assert.deepEqual(await store.put('/a', bytes('2'), 2), { ok: true, revision: 3 })
      assert.deepEqual(await store.get('/a'), {
        key: '/a',
        value: bytes('2'),
        revision: 3,
        createRevision: 2,
      })
    })

    check('of writers that race for one key exactly one wins', async (store) => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.put('/a', bytes(`${i}`), 0)),
      )
      assert.equal(results.filter(({ ok }) => ok).length, 1)
      assert.equal(text((await store.get('/a'))?.value), '0')
    })

    check('a deleted key can be made again, with a new createRevision', async (store) => {
      await store.put('/a', bytes('1'), 0)
      assert.deepEqual(await store.delete('/a', 2), { ok: true, revision: 3 })
      assert.equal(await store.get('/a'), undefined)
      assert.equal((await store.delete('/a', 3)).ok, false)
      await store.put('/a', bytes('2'), 0)
      assert.equal((await store.get('/a'))?.createRevision, 4)
    })

    check('a range comes in pages of one revision', async (store) => {
      for (const key of ['/p/b', '/p/a', '/p/c', '/q/a']) await store.put(key, bytes(key), 0)
      const first = await store.range('/p/', { limit: 2 })
      assert.deepEqual(
        first.entries.map(({ key }) => key),
        ['/p/a', '/p/b'],
      )
      assert.deepEqual([first.revision, first.remaining], [5, 1])
      await store.put('/p/bb', bytes('new'), 0)
      await store.delete('/p/c', 4)
      const rest = await store.range('/p/', { limit: 2, after: '/p/b', revision: first.revision })
      assert.deepEqual(
        rest.entries.map(({ key }) => key),
        ['/p/c'],
      )
      assert.equal(rest.remaining, 0)
    })

    check('the past can be read until it is compacted', async (store) => {
      await store.put('/a', bytes('1'), 0)
      await store.put('/a', bytes('2'), 2)
      await store.delete('/a', 3)
      assert.equal(text((await store.get('/a', 2))?.value), '1')
      assert.equal(text((await store.get('/a', 3))?.value), '2')
      assert.equal(await store.get('/a', 4), undefined)
      await store.compact(3)
      await assert.rejects(store.get('/a', 2), Compacted)
      assert.equal(text((await store.get('/a', 3))?.value), '2')
      await assert.rejects(store.get('/a', 9), FutureRevision)
      await assert.rejects(store.compact(3), Compacted)
      assert.equal(await store.compactedRevision(), 3)
    })

    check('a watch replays what was and goes on with what comes, in order', async (store) => {
      await store.put('/a', bytes('1'), 0)
      const stop = new AbortController()
      const watch = store
        .watch('/', { fromRevision: 2, signal: stop.signal })
        [Symbol.asyncIterator]()
      assert.deepEqual(summary((await watch.next()).value), ['put /a 2'])
      await store.put('/b', bytes('1'), 0)
      await store.delete('/a', 2)
      const seen: string[] = []
      while (seen.length < 2) seen.push(...summary((await watch.next()).value))
      assert.deepEqual(seen, ['put /b 3', 'delete /a 4'])
      stop.abort()
      assert.equal((await watch.next()).done, true)
    })

    check('a change carries what the key held before', async (store) => {
      await store.put('/a', bytes('1'), 0)
      await store.put('/a', bytes('2'), 2)
      await store.delete('/a', 3)
      const [, update, gone] = await take(store, '/', 2, 3)
      assert.equal(text(update?.previous?.value), '1')
      assert.equal(text(gone?.value), '2')
      assert.equal(gone?.previous?.revision, 3)
    })

    check('a watch of one prefix sees the revision move on with others', async (store) => {
      const stop = new AbortController()
      const watch = store
        .watch('/a/', { fromRevision: 2, signal: stop.signal })
        [Symbol.asyncIterator]()
      const next = watch.next()
      await store.put('/b/1', bytes('1'), 0)
      assert.deepEqual((await next).value, { changes: [], revision: 2 })
      stop.abort()
      await watch.return?.()
    })

    check('a watch from before the compaction is refused', async (store) => {
      for (let i = 0; i < 3; i++) await store.put(`/${i}`, bytes('1'), 0)
      await store.compact(3)
      const { signal } = new AbortController()
      const watch = store.watch('/', { fromRevision: 3, signal })[Symbol.asyncIterator]()
      await assert.rejects(watch.next(), Compacted)
    })

    check('a watcher overtaken by the compaction is told so', async (store) => {
      const { signal } = new AbortController()
      const watch = store.watch('/', { fromRevision: 2, signal })[Symbol.asyncIterator]()
      await store.put('/a', bytes('1'), 0)
      await watch.next()
      for (let i = 0; i < 3; i++) await store.put(`/${i}`, bytes('1'), 0)
      await store.compact(4)
      await assert.rejects(watch.next(), SlowWatcher)
    })
  })
}

async function take(store: Store, prefix: string, fromRevision: number, count: number) {
  const stop = new AbortController()
  const changes: WatchBatch['changes'][number][] = []
  for await (const batch of store.watch(prefix, { fromRevision, signal: stop.signal })) {
    changes.push(...batch.changes)
    if (changes.length >= count) stop.abort()
  }
  return changes
}

function summary(batch: WatchBatch | undefined): string[] {
  return (batch?.changes ?? []).map(({ type, key, revision }) => `${type} ${key} ${revision}`)
}
