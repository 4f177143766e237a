import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { testClock } from '../../lib/clock.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import type { Store, WatchBatch } from '../../store/store.ts'
import { createClusterView } from './cluster-view.ts'
import { followPrefix } from './followed-prefix.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const prefix = '/registry/limitranges/'
const rangeText = (name: string) =>
  bytes(`{"kind":"LimitRange","apiVersion":"v1","metadata":{"name":"${name}","namespace":"a"}}`)

test('a write of this server counts for the next question, one of another as the watch tells', async () => {
  await using base = await memoryStore()
  const life = new AbortController()
  const { cluster, store } = createClusterView(base, { clock: testClock(), signal: life.signal })
  const names = async () => (await cluster.list('LimitRange', 'a')).map((one) => one.metadata.name)
  assert.deepEqual(await names(), [])
  await turn()
  const own = await store.put(`${prefix}a/own`, rangeText('own'), 0)
  assert.deepEqual(await names(), ['own'])
  await base.put(`${prefix}a/another`, rangeText('another'), 0)
  await turn()
  assert.deepEqual(await names(), ['another', 'own'])
  assert.equal(await cluster.list('LimitRange', 'a'), await cluster.list('LimitRange', 'a'))
  assert.ok(own.ok)
  await store.delete(`${prefix}a/own`, own.revision)
  assert.deepEqual(await names(), ['another'])
  assert.equal(await cluster.get('LimitRange', { namespace: 'a', name: 'own' }), undefined)
  await base.put(`${prefix}a/late`, rangeText('late'), 0)
  const late = await cluster.get('LimitRange', { namespace: 'a', name: 'late' })
  assert.equal(late?.metadata.name, 'late')
  life.abort()
})

/** A store whose range is empty at revision 1 and whose watch says what it is told to. */
function scripted() {
  const batches: WatchBatch[] = []
  let wake = () => {}
  let isBroken = false
  const store: Pick<Store, 'range' | 'watch'> = {
    range: async () => ({ entries: [], revision: 1, remaining: 0 }),
    async *watch() {
      for (;;) {
        if (isBroken) throw new Error('broken')
        const batch = batches.shift()
        if (batch) yield batch
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    },
  }
  const tell = async (batch: WatchBatch) => {
    batches.push(batch)
    wake()
    await turn()
  }
  const breakWatch = async () => {
    isBroken = true
    wake()
    await turn()
  }
  const mend = () => {
    isBroken = false
  }
  return { store, tell, breakWatch, mend }
}

test('late news of a deleted object does not bring it back', async () => {
  const { store, tell } = scripted()
  const followed = followPrefix('/k/', {
    ...{ store, clock: testClock(), signal: new AbortController().signal },
  })
  assert.equal(followed.isWhole(), false)
  await turn()
  assert.equal(followed.isWhole(), true)
  followed.written('/k/a', bytes('one'), 2)
  followed.written('/k/a', undefined, 3)
  const change = { type: 'put', key: '/k/a', value: bytes('one'), revision: 2 } as const
  await tell({ changes: [change], revision: 2 })
  assert.deepEqual([followed.get('/k/a'), followed.list('/k/')], [undefined, []])
  await tell({ changes: [], revision: 5 })
  followed.written('/k/a', bytes('two'), 6)
  assert.equal(followed.get('/k/a')?.revision, 6)
})

test('while the watch is broken the store is asked', async () => {
  const { store, breakWatch, mend } = scripted()
  const clock = testClock()
  const life = new AbortController()
  const followed = followPrefix('/k/', { store, clock, signal: life.signal })
  followed.isWhole()
  await turn()
  await breakWatch()
  assert.equal(followed.isWhole(), false)
  mend()
  clock.advance(1000)
  await turn()
  assert.equal(followed.isWhole(), true)
  await breakWatch()
  life.abort()
  await followed.ended
})
