// Two API servers over one store, Services created, changed and deleted at random, and a store that
// loses answers: no address and no port is ever given twice, and in the end nothing is left over.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IPAddress, Service } from '../../api/types.gen.ts'
import { testClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { type Random, seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { createReader } from '../reader.ts'
import { registryFixture } from '../registry/registry-fixture.ts'
import { claimedPorts } from './plan-port-repair.ts'
import { createPortLedger, portsKey } from './port-ledger.ts'
import { decodePorts } from './port-record.ts'
import { repairPorts } from './repair-ports.ts'

type Api = Awaited<ReturnType<typeof registryFixture>>

const services = '/api/v1/namespaces/default/services'
const names = ['a', 'b', 'c', 'd', 'e', 'f']
const range = { from: 30000, to: 30019 }
/** One block of 14 addresses, so that they run out. */
const serviceSubnet = '10.96.0.0/28'

/** A store that now and then gives no answer to a write, which it may have done or not. */
function losing(store: Store, random: Random, isLosing: () => boolean): Store {
  const maybe = async <T>(write: () => Promise<T>): Promise<T> => {
    if (!isLosing() || random.below(12) > 0) return write()
    if (random.below(2) > 0) await write()
    throw new StoreUnavailable('no answer')
  }
  return {
    ...store,
    put: (key, value, expected) => maybe(() => store.put(key, value, expected)),
    delete: (key, expected) => maybe(() => store.delete(key, expected)),
  }
}

function randomSpec(random: Random): object {
  const pick = <T>(all: readonly T[]): T => all[random.below(all.length)] as T
  const type = pick(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
  if (type === 'ExternalName') return { type, externalName: 'example.com', clusterIP: '' }
  const port = (name: string, number: number) => ({
    ...{ name, port: number },
    ...(type !== 'ClusterIP' && random.below(3) === 0 && { nodePort: 30000 + random.below(20) }),
  })
  return {
    type,
    ports: [port('x', 80), port('y', 81)].slice(0, 1 + random.below(2)),
    ...(random.below(4) === 0 && { clusterIP: `10.96.0.${1 + random.below(14)}` }),
    ...(type === 'LoadBalancer' && { externalTrafficPolicy: pick(['Local', 'Cluster']) }),
  }
}

async function act(api: Api, random: Random): Promise<void> {
  const name = names[random.below(names.length)] ?? ''
  const dry = random.below(6) === 0 ? '?dryRun=All' : ''
  const body = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
    spec: randomSpec(random),
  }
  const lines = [
    `POST ${services}${dry}`,
    `POST ${services}${dry}`,
    `PUT ${services}/${name}${dry}`,
    `DELETE ${services}/${name}${dry}`,
  ]
  const line = lines[random.below(lines.length)] ?? ''
  const { status } = await api.ask(line, line.startsWith('DELETE') ? {} : { body })
  assert.ok([200, 201, 404, 409, 422, 500, 504].includes(status), `${line}: ${status}`)
}

async function stored(api: Api): Promise<readonly Service[]> {
  return (await api.ask(`GET ${services}`)).json.items
}

function assertApart(all: readonly Service[]): void {
  const addresses = all.flatMap(({ spec }) => spec?.clusterIPs ?? [])
  assert.equal(new Set(addresses).size, addresses.length, `addresses: ${addresses.join()}`)
  const ports = all.flatMap(claimedPorts)
  assert.equal(new Set(ports).size, ports.length, `ports: ${ports.join()}`)
}

for (const seed of [1, 2, 3, 4]) {
  test(`nothing is given twice and nothing is left over, from seed ${seed}`, async () => {
    const random = seededRandom(seed)
    await using store = await memoryStore()
    let isLosing = false
    const shaky = losing(store, random, () => isLosing)
    const clock = testClock('2026-01-01T00:00:00Z')
    const options = { store: shaky, clock, serviceSubnet, nodePorts: range, random }
    const apis = [
      await registryFixture(options),
      await registryFixture({ ...options, isRestarted: true }),
    ] as const
    isLosing = true
    for (let round = 0; round < 60; round++) {
      await Promise.all(
        Array.from({ length: 4 }, () => act(apis[random.below(2) === 0 ? 0 : 1], random)),
      )
      assertApart(await stored(apis[0]))
    }
    isLosing = false
    await repairAll(apis[0], store, clock)
    const all = await stored(apis[0])
    const made: readonly IPAddress[] = (
      await apis[0].ask('GET /apis/networking.k8s.io/v1/ipaddresses')
    ).json.items
    assert.deepEqual(
      made.map(({ metadata }) => metadata.name).toSorted(),
      all.flatMap(({ spec }) => spec?.clusterIPs ?? []).toSorted(),
    )
    const record = await store.get(portsKey)
    assert.deepEqual(
      record ? [...decodePorts(record.value)].toSorted() : [],
      all.flatMap(claimedPorts).toSorted(),
    )
  })
}

/** Both repairs, as long as it takes. */
async function repairAll(api: Api, store: Store, clock: ReturnType<typeof testClock>) {
  const reader = createReader(api.registry.handle)
  const ports = createPortLedger({
    ...{ store, range, random: seededRandom(9) },
    takenByServices: async () => [],
  })
  let leaks: ReadonlyMap<number, number> = new Map()
  for (let pass = 0; pass < 4; pass++) {
    leaks = await repairPorts({ api: reader, ports, clock }, leaks)
  }
  const stop = new AbortController()
  const tending = api.registry.tendAllocations(silentLog, stop.signal)
  for (let second = 0; second < 130; second++) {
    for (let turn = 0; turn < 10; turn++) await new Promise((go) => setImmediate(go))
    clock.advance(1000)
  }
  stop.abort()
  await tending
}
