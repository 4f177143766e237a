// Several API servers over one store: who is an endpoint, and who says so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoints, Lease } from '../../api/types.gen.ts'
import { type TestClock, testClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createReader } from '../reader.ts'
import { registryFixture } from '../registry/registry-fixture.ts'
import { identityLabel, identityOf, isStale, keepIdentity } from './identity-lease.ts'
import { keepEndpoints } from './keep-endpoints.ts'
import { createPeerLeases } from './peer-leases.ts'
import { planEndpointSlice, planEndpoints } from './plan-endpoints.ts'

type Api = Awaited<ReturnType<typeof registryFixture>>

const pass = async (clock: TestClock, seconds: number) => {
  for (let second = 0; second < seconds; second++) {
    for (let turn = 0; turn < 20; turn++) await new Promise((go) => setImmediate(go))
    clock.advance(1000)
  }
}

/** A server that keeps the endpoints until it is stopped, or cut off as if killed. */
function serverAt(api: Api, address: string, clock: TestClock) {
  const stop = new AbortController()
  const ended = keepEndpoints({
    ...{ address, port: 6443, clock, log: silentLog, signal: stop.signal },
    reader: createReader(api.registry.handle),
    peers: createPeerLeases(api.store, clock),
  })
  return async () => {
    stop.abort()
    await ended
  }
}

const addressesOf = async (api: Api) => {
  const { json } = await api.ask('GET /api/v1/namespaces/default/endpoints/kubernetes')
  const slice = await api.ask(
    'GET /apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes',
  )
  const addresses = json.subsets[0].addresses.map(({ ip }: { ip: string }) => ip)
  assert.deepEqual(
    slice.json.endpoints.map((endpoint: { addresses: string[] }) => endpoint.addresses[0]),
    addresses,
  )
  return addresses
}

test('the endpoints are the servers that live', async () => {
  await using api = await registryFixture()
  const clocks = [testClock(), testClock()] as const
  const stopFirst = serverAt(api, '10.0.0.1', clocks[0])
  await pass(clocks[0], 1)
  assert.deepEqual(await addressesOf(api), ['10.0.0.1'])
  const stopSecond = serverAt(api, '10.0.0.2', clocks[1])
  await pass(clocks[1], 1)
  assert.deepEqual(await addressesOf(api), ['10.0.0.1', '10.0.0.2'])
  // The second one's time stands still: it is as good as killed.
  await pass(clocks[0], 14)
  assert.deepEqual(await addressesOf(api), ['10.0.0.1', '10.0.0.2'])
  await pass(clocks[0], 20)
  assert.deepEqual(await addressesOf(api), ['10.0.0.1'])
  await pass(clocks[1], 11)
  assert.deepEqual(await addressesOf(api), ['10.0.0.1', '10.0.0.2'])
  await stopFirst()
  assert.deepEqual(await addressesOf(api), ['10.0.0.2'])
  await stopSecond()
  assert.deepEqual(await addressesOf(api), ['10.0.0.2'])
})

test('a key that kube-apiserver keeps is a living server, until it changes no more', async () => {
  await using store = await memoryStore()
  const clock = testClock()
  const peers = createPeerLeases(store, clock)
  const foreign = Buffer.from('k8s\0...')
  const { revision } = await store.put('/registry/masterleases/10.0.0.9', foreign, 0)
  await peers.renew('10.0.0.1')
  assert.deepEqual(await peers.living(), ['10.0.0.1', '10.0.0.9'])
  clock.advance(14_000)
  await store.put('/registry/masterleases/10.0.0.9', foreign, revision)
  await peers.renew('10.0.0.1')
  assert.deepEqual(await peers.living(), ['10.0.0.1', '10.0.0.9'])
  clock.advance(15_000)
  await peers.renew('10.0.0.1')
  assert.deepEqual(await peers.living(), ['10.0.0.1'])
  assert.equal(await store.get('/registry/masterleases/10.0.0.9'), undefined)
  const own = await store.get('/registry/masterleases/10.0.0.1')
  assert.deepEqual(JSON.parse(Buffer.from(own?.value ?? []).toString()), {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { generation: 3 },
    subsets: [{ addresses: [{ ip: '10.0.0.1' }] }],
  })
})

test('endpoints that are right are left alone, whatever their order', () => {
  const servers = { addresses: ['10.0.0.1', '10.0.0.2'], port: 6443 }
  const made = planEndpoints(undefined, servers)
  const slice = planEndpointSlice(undefined, servers)
  const turned = { addresses: ['10.0.0.2', '10.0.0.1'], port: 6443 }
  assert.equal(planEndpoints(made, turned), undefined)
  assert.equal(planEndpointSlice(slice, turned), undefined)
  const moved = planEndpoints(made, { ...servers, port: 443 })
  assert.deepEqual(moved?.subsets?.[0]?.ports, [{ name: 'https', port: 443, protocol: 'TCP' }])
  const mirrored = { ...made, metadata: { ...made?.metadata, labels: { a: 'b' } } } as Endpoints
  assert.deepEqual(planEndpoints(mirrored, servers)?.metadata.labels, {
    a: 'b',
    'endpointslice.kubernetes.io/skip-mirror': 'true',
  })
})

test('a server says who it is by a Lease, and collects those that nobody renews', async () => {
  await using api = await registryFixture()
  await api.namespace('kube-system')
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
  const leaseOf = (name: string, labels: object, spec: object) => ({
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec },
    metadata: { name, labels },
  })
  const old = { renewTime: '2025-12-31T00:00:00.000000Z', leaseDurationSeconds: 3600 }
  const identity = { [identityLabel]: 'kube-apiserver' }
  await api.ask(`POST ${leases}`, { body: leaseOf('apiserver-gone', identity, old) })
  await api.ask(`POST ${leases}`, { body: leaseOf('somebody-else', {}, old) })
  const stop = new AbortController()
  const { clock } = api
  const ended = keepIdentity({
    ...{ clock, log: silentLog, random: seededRandom(1), signal: stop.signal },
    reader: createReader(api.registry.handle),
    host: 'h',
  })
  await pass(clock, 12)
  stop.abort()
  await ended
  const items: Lease[] = (await api.ask(`GET ${leases}`)).json.items
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    [identityOf('h'), 'somebody-else'],
  )
  const [own] = items
  assert.deepEqual(own?.metadata.labels, {
    'apiserver.kubernetes.io/identity': 'kube-apiserver',
    'kubernetes.io/hostname': 'h',
  })
  assert.match(own?.spec?.holderIdentity ?? '', /^apiserver-[a-z2-7]{26}_[0-9a-f-]{36}$/)
  assert.deepEqual(
    [own?.spec?.leaseDurationSeconds, own?.spec?.renewTime],
    [3600, '2026-01-01T00:00:10.000000Z'],
  )
})

test('a Lease without times is of nobody', () => {
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'x' },
    spec: {},
  }
  assert.equal(isStale(lease, new Date()), true)
})
