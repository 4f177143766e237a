// What allocation left behind is mended: over a real registry, whose store is written to directly
// where a server is to have died in the middle.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../lib/log.ts'
import { registryFixture } from '../registry/registry-fixture.ts'

const services = '/api/v1/namespaces/default/services'
const ipAddresses = '/apis/networking.k8s.io/v1/ipaddresses'
const managed = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' }
const familyLabel = { 'ipaddress.kubernetes.io/ip-family': 'IPv4' }

/** A registry that is tended, with a default ServiceCIDR and one Service at 10.96.0.10. */
async function tended() {
  const api = await registryFixture()
  const stop = new AbortController()
  await api.ask('POST /apis/networking.k8s.io/v1/servicecidrs', {
    body: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: ['10.96.0.0/16'] },
    },
  })
  await createService(api, 'web', '10.96.0.10')
  let tending: Promise<void> | undefined
  return {
    ...api,
    tend() {
      tending = api.registry.tendAllocations(silentLog, stop.signal)
    },
    /** Writes as a server would have that is gone now. */
    createAddress: (name: string, spec: object, labels: object = { ...managed, ...familyLabel }) =>
      api.ask(`POST ${ipAddresses}`, {
        body: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'IPAddress',
          metadata: { name, labels },
          spec,
        },
      }),
    async until<T>(read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
      for (let value = await read(); ; value = await read()) {
        if (isWanted(value)) return value
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    events: async (): Promise<[string, string][]> =>
      (await api.ask('GET /apis/events.k8s.io/v1/events')).json.items.map(
        ({ reason, note }: { reason: string; note: string }) => [reason, note],
      ),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await tending
      await api[Symbol.asyncDispose]()
    },
  }
}

function createService(
  api: Awaited<ReturnType<typeof registryFixture>>,
  name: string,
  clusterIP: string,
) {
  return api.ask(`POST ${services}`, {
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { clusterIP, ports: [{ port: 80 }] },
    },
  })
}

test('an IPAddress that somebody deleted is made again, and the Service told', async () => {
  await using api = await tended()
  api.tend()
  await api.ask(`DELETE ${ipAddresses}/10.96.0.10`)
  const read = () => api.ask(`GET ${ipAddresses}/10.96.0.10`)
  const { json } = await api.until(read, ({ status }) => status === 200)
  assert.equal(json.spec.parentRef.name, 'web')
  assert.deepEqual(await api.events(), [
    ['ClusterIPNotAllocated', 'Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing'],
  ])
})

test('an address whose Service was never written goes after a minute, and no sooner', async () => {
  await using api = await tended()
  const parentRef = { resource: 'services', namespace: 'default', name: 'lost' }
  await api.createAddress('10.96.0.11', { parentRef })
  api.tend()
  const read = () => api.ask(`GET ${ipAddresses}/10.96.0.11`)
  for (let second = 0; second < 60; second++) {
    assert.equal((await read()).status, 200)
    api.clock.advance(1000)
  }
  const later = () => {
    api.clock.advance(1000)
    return read()
  }
  await api.until(later, ({ status }) => status === 404)
  assert.deepEqual(await api.events(), [
    [
      'IPAddressNotAllocated',
      'IPAddress: 10.96.0.11 for Service default/lost appears to have leaked: cleaning up',
    ],
  ])
})

test('an address that was made for something else is given back to the Service', async () => {
  await using api = await tended()
  await api.ask(`DELETE ${ipAddresses}/10.96.0.10`)
  await api.createAddress(
    '10.96.0.10',
    {
      parentRef: { group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'g' },
    },
    {},
  )
  api.tend()
  const read = () => api.ask(`GET ${ipAddresses}/10.96.0.10`)
  const { json } = await api.until(read, ({ json }) => json.spec?.parentRef.name === 'web')
  assert.deepEqual(json.metadata.labels, { ...familyLabel, ...managed })
  assert.deepEqual(await api.events(), [
    [
      'ClusterIPNotAllocated',
      'the ClusterIP [IPv4]: 10.96.0.10 for Service default/web has a wrong reference; repairing',
    ],
  ])
})

test('an IPAddress of nobody here is left alone', async () => {
  await using api = await tended()
  await api.createAddress('10.96.0.99', { parentRef: { resource: 'things', name: 'x' } }, {})
  api.tend()
  api.clock.advance(120_000)
  await api.ask(`DELETE ${ipAddresses}/10.96.0.10`)
  await api.until(
    () => api.ask(`GET ${ipAddresses}/10.96.0.10`),
    ({ status }) => status === 200,
  )
  assert.equal((await api.ask(`GET ${ipAddresses}/10.96.0.99`)).status, 200)
})

test('Services that are older than their IPAddresses get them before the next one is written', async () => {
  await using first = await registryFixture()
  await createService(first, 'old', '10.96.0.10')
  await first.ask(`DELETE ${ipAddresses}/10.96.0.10`)
  const second = await registryFixture({ store: first.store, isRestarted: true })
  await second.ask('POST /apis/networking.k8s.io/v1/servicecidrs', {
    body: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: ['10.96.0.0/16'] },
    },
  })
  assert.equal((await createService(second, 'new', '10.96.0.10')).status, 422)
  assert.equal((await second.ask(`GET ${ipAddresses}/10.96.0.10`)).json.spec.parentRef.name, 'old')
})
