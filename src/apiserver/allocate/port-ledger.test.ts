import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { createPortLedger, portsKey } from './port-ledger.ts'
import { decodePorts } from './port-record.ts'

const range = { from: 30000, to: 32767 }
const ledgerOver = (store: Store, seed = 1, taken: readonly number[] = []) =>
  createPortLedger({
    ...{ store, range, random: seededRandom(seed) },
    takenByServices: async () => taken,
  })
const recorded = async (store: Store) => {
  const entry = await store.get(portsKey)
  return entry ? [...decodePorts(entry.value)].toSorted((a, b) => a - b) : undefined
}

test('two ledgers over one store never give a port twice', async () => {
  await using store = await memoryStore()
  const small = { from: 30000, to: 30099 }
  const ledgers = [1, 1].map((seed) =>
    createPortLedger({
      ...{ store, range: small, random: seededRandom(seed) },
      takenByServices: async () => [],
    }),
  )
  const given = await Promise.all(
    ledgers.flatMap((ledger) =>
      Array.from({ length: 50 }, () => ledger.change((ports) => ports.takeNext())),
    ),
  )
  assert.equal(new Set(given).size, 100)
  assert.ok(!given.includes(undefined))
  const [ledger] = ledgers
  assert.equal(await ledger?.change((ports) => ports.takeNext()), undefined)
})

test('plans that come together share one write', async () => {
  await using store = await memoryStore()
  const ledger = ledgerOver(store)
  const before = await store.revision()
  await Promise.all(Array.from({ length: 20 }, () => ledger.change((ports) => ports.takeNext())))
  assert.equal((await store.revision()) - before, 1)
  assert.equal((await recorded(store))?.length, 20)
})

test('what another server freed is given, though it was known as taken', async () => {
  await using store = await memoryStore()
  const [first, second] = [ledgerOver(store), ledgerOver(store)]
  const take = (ledger: typeof first) => ledger.change((ports) => ports.take(30800))
  assert.equal(await take(first), 'taken')
  assert.equal(await take(second), 'already allocated')
  await first.change((ports) => ports.release(30800))
  assert.equal(await take(second), 'taken')
  assert.equal(await take(first), 'already allocated')
})

test('a plan that throws leaves nothing behind, and the others alone', async () => {
  await using store = await memoryStore()
  const ledger = ledgerOver(store)
  const [failed, done] = await Promise.allSettled([
    ledger.change((ports) => {
      ports.take(30001)
      throw new Error('no')
    }),
    ledger.change((ports) => ports.take(30002)),
  ])
  assert.deepEqual([failed?.status, done?.status], ['rejected', 'fulfilled'])
  assert.deepEqual(await recorded(store), [30002])
})

test('where there is no record, it begins with what the Services have', async () => {
  await using store = await memoryStore()
  const ledger = ledgerOver(store, 1, [30005, 99])
  assert.equal(await ledger.change((ports) => ports.take(30005)), 'already allocated')
  assert.equal(await recorded(store), undefined)
  await ledger.change((ports) => ports.take(30006))
  assert.deepEqual(await recorded(store), [30005, 30006])
})

test('ports are drawn from the upper part first, and never outside of the range', async () => {
  await using store = await memoryStore()
  const ledger = ledgerOver(store)
  const drawn = await ledger.change((ports) => Array.from({ length: 2768 }, () => ports.takeNext()))
  assert.ok(drawn.slice(0, 2682).every((port) => port !== undefined && port >= 30086))
  assert.ok(drawn.slice(2682).every((port) => port !== undefined && port < 30086))
  assert.equal(await ledger.change((ports) => ports.take(32768)), 'not in range')
})

test('a store that gives no answer fails the plan, and the next one reads anew', async () => {
  await using store = await memoryStore()
  let isDown = true
  const shaky: Store = {
    ...store,
    put: async (key, value, expected) => {
      if (!isDown) return store.put(key, value, expected)
      await store.put(key, value, expected)
      throw new StoreUnavailable('no answer')
    },
  }
  const ledger = ledgerOver(shaky)
  await assert.rejects(
    ledger.change((ports) => ports.take(30001)),
    StoreUnavailable,
  )
  isDown = false
  assert.equal(await ledger.change((ports) => ports.take(30001)), 'already allocated')
})
