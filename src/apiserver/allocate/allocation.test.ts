// Addresses and ports over one store, several API servers and writes that end badly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../store/drivers/memory.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { registryFixture } from '../registry/registry-fixture.ts'
import { portsKey } from './port-ledger.ts'
import { decodePorts } from './port-record.ts'

type Api = Awaited<ReturnType<typeof registryFixture>>

const services = '/api/v1/namespaces/default/services'
const ipAddresses = '/apis/networking.k8s.io/v1/ipaddresses'
const cidrs = '/apis/networking.k8s.io/v1/servicecidrs'
const serviceOf = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
})
const create = (api: Api, name: string, spec: object = {}) =>
  api.ask(`POST ${services}`, { body: serviceOf(name, spec) })
const createCidr = (api: Api, name: string, ...blocks: string[]) =>
  api.ask(`POST ${cidrs}`, {
    body: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name },
      spec: { cidrs: blocks },
    },
  })
const madeAddresses = async (api: Api): Promise<string[]> =>
  (await api.ask(`GET ${ipAddresses}`)).json.items.map(
    ({ metadata }: { metadata: { name: string } }) => metadata.name,
  )
const takenPorts = async (store: Store) => {
  const entry = await store.get(portsKey)
  return entry ? [...decodePorts(entry.value)] : []
}

test('a ClusterIP is an IPAddress whose parent is the Service', async () => {
  await using api = await registryFixture()
  await create(api, 'web', { clusterIP: '10.96.0.10' })
  const { metadata, spec } = (await api.ask(`GET ${ipAddresses}/10.96.0.10`)).json
  assert.deepEqual(metadata.labels, {
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  })
  assert.equal(metadata.managedFields[0].manager, 'kube-apiserver')
  assert.deepEqual(spec, {
    parentRef: { resource: 'services', namespace: 'default', name: 'web' },
  })
  await api.ask(`DELETE ${services}/web`)
  assert.equal((await api.ask(`GET ${ipAddresses}/10.96.0.10`)).status, 404)
})

test('two API servers over one store give no address and no port twice', async () => {
  await using one = await registryFixture({ serviceSubnet: '10.96.0.0/27' })
  const { store } = one
  const other = await registryFixture({ store, isRestarted: true, serviceSubnet: '10.96.0.0/27' })
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, at) =>
      create(at % 2 === 0 ? one : other, `s-${at}`, { type: 'NodePort' }),
    ),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
  const specs = answers.map(({ json }) => json.spec)
  assert.equal(new Set(specs.map(({ clusterIP }) => clusterIP)).size, 30)
  assert.equal(new Set(specs.map(({ ports }) => ports[0].nodePort)).size, 30)
  const full = await create(other, 'one-more')
  assert.deepEqual(
    [full.status, full.json.message],
    [500, 'Internal error occurred: failed to allocate a serviceIP: range is full'],
  )
})

test('another ServiceCIDR gives more addresses, until it is deleted', async () => {
  await using api = await registryFixture()
  assert.equal((await create(api, 'early', { clusterIP: '10.97.0.9' })).status, 422)
  await createCidr(api, 'more', '10.97.0.0/24')
  assert.equal((await create(api, 'a', { clusterIP: '10.97.0.9' })).status, 201)
  assert.equal((await create(api, 'b', { clusterIP: '10.97.0.255' })).status, 422)
  const finalizers = ['networking.k8s.io/service-cidr-finalizer']
  await api.ask(`PATCH ${cidrs}/more`, {
    body: { metadata: { finalizers } },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  await api.ask(`DELETE ${cidrs}/more`)
  const late = await create(api, 'late', { clusterIP: '10.97.0.10' })
  assert.equal(
    late.json.details.causes[0].message,
    'Invalid value: ["10.97.0.10"]: failed to allocate IP 10.97.0.10: the provided network does not match the current range',
  )
  await api.ask(`DELETE ${services}/a`)
  assert.deepEqual(await madeAddresses(api), [])
})

test('a block that is not ready gives nothing', async () => {
  await using api = await registryFixture()
  await createCidr(api, 'kubernetes', '10.96.0.0/16')
  const notReady = { type: 'Ready', status: 'False', reason: 'No', message: '' }
  const condition = { ...notReady, lastTransitionTime: '2026-01-01T00:00:00Z' }
  await api.ask(`PATCH ${cidrs}/kubernetes/status`, {
    body: { status: { conditions: [condition] } },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  assert.equal((await create(api, 'a')).status, 500)
})

test('a dry run gives what nobody has, and takes nothing', async () => {
  await using api = await registryFixture()
  const { store } = api
  await create(api, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30800 }] })
  const before = await store.revision()
  const dry = async (spec: object) =>
    (await api.ask(`POST ${services}?dryRun=All`, { body: serviceOf('b', spec) })).json
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ]
  const given = await dry({ type: 'NodePort', ports })
  assert.equal(given.spec.clusterIP, '10.96.0.0')
  assert.deepEqual(
    given.spec.ports.map(({ nodePort }: { nodePort: number }) => nodePort),
    [32769, 32770],
  )
  const refused = await dry({ type: 'NodePort', ports: [{ port: 80, nodePort: 30800 }] })
  assert.equal(refused.code, 422)
  assert.match(
    (await dry({ clusterIP: '10.97.0.1' })).message,
    /the provided IP \(10\.97\.0\.1\) is not in/,
  )
  const path = `${services}/a?dryRun=All`
  const { json } = await api.ask(`GET ${services}/a`)
  await api.ask(`PUT ${path}`, {
    body: { ...json, spec: { type: 'ExternalName', externalName: 'example.com' } },
  })
  await api.ask(`DELETE ${path}`)
  assert.equal(await store.revision(), before)
})

test('a Service that becomes ExternalName gives all back, and on the way back gets anew', async () => {
  await using api = await registryFixture()
  const { store } = api
  const created = (await create(api, 'a', { type: 'NodePort' })).json
  const replaced = async (spec: object) =>
    (await api.ask(`PUT ${services}/a`, { body: { ...created, metadata: { name: 'a' }, spec } }))
      .json
  const external = await replaced({
    ...created.spec,
    type: 'ExternalName',
    externalName: 'example.com',
  })
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ports } = external.spec
  assert.deepEqual(
    [clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ports[0].nodePort],
    Array.from({ length: 5 }),
  )
  assert.deepEqual([await madeAddresses(api), await takenPorts(store)], [[], []])
  const back = await replaced({ type: 'NodePort', ports: [{ port: 80, nodePort: 30111 }] })
  assert.deepEqual(await madeAddresses(api), [back.spec.clusterIP])
  assert.deepEqual(await takenPorts(store), [30111])
})

test('a write of the status neither takes nor frees anything', async () => {
  await using api = await registryFixture()
  const created = (await create(api, 'a', { type: 'NodePort' })).json
  const body = { ...created, spec: { type: 'ExternalName', externalName: 'example.com' } }
  const { status, json } = await api.ask(`PUT ${services}/a/status`, { body })
  assert.deepEqual([status, json.spec], [200, created.spec])
  assert.deepEqual(await madeAddresses(api), [created.spec.clusterIP])
  assert.deepEqual(await takenPorts(api.store), [created.spec.ports[0].nodePort])
})

test('a health check port comes and goes with the policy', async () => {
  await using api = await registryFixture()
  const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }
  const created = (await create(api, 'a', { ...local, healthCheckNodePort: 30555 })).json
  assert.equal(created.spec.healthCheckNodePort, 30555)
  const taken = await create(api, 'b', { ...local, healthCheckNodePort: 30555 })
  assert.equal(taken.status, 422)
  const patch = async (spec: object) =>
    (
      await api.ask(`PATCH ${services}/a`, {
        body: { spec },
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    ).json
  const cluster = await patch({ externalTrafficPolicy: 'Cluster' })
  assert.equal(cluster.spec.healthCheckNodePort, undefined)
  assert.ok(!(await takenPorts(api.store)).includes(30555))
  const again = await patch({ externalTrafficPolicy: 'Local' })
  assert.ok((await takenPorts(api.store)).includes(again.spec.healthCheckNodePort))
})

test('an update frees the ports that went and takes those that came', async () => {
  await using api = await registryFixture()
  const ports = [
    { name: 'a', port: 80, nodePort: 30001 },
    { name: 'b', port: 81, nodePort: 30002 },
  ]
  await create(api, 'web', { type: 'NodePort', ports })
  const next = [
    { name: 'a', port: 80, nodePort: 30002 },
    { name: 'c', port: 82, nodePort: 30003 },
  ]
  const body = serviceOf('web', { type: 'NodePort', ports: next })
  assert.equal((await api.ask(`PUT ${services}/web`, { body })).status, 200)
  assert.deepEqual(await takenPorts(api.store), [30002, 30003])
})

test('an update that is refused frees what it took', async () => {
  await using api = await registryFixture()
  await create(api, 'web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })
  const ports = [{ port: 0, nodePort: 30009 }]
  const body = serviceOf('web', { type: 'NodePort', ports })
  assert.equal((await api.ask(`PUT ${services}/web`, { body })).status, 422)
  assert.deepEqual(await takenPorts(api.store), [30001])
})

test('what a write took whose end is unknown stays taken', async () => {
  const store = await memoryStore()
  let isDown = false
  const shaky: Store = {
    ...store,
    put: async (key, value, expected) => {
      if (isDown && key.includes('/services/specs/')) throw new StoreUnavailable('no answer')
      return store.put(key, value, expected)
    },
  }
  await using api = await registryFixture({ store: shaky })
  isDown = true
  const spec = { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, nodePort: 30001 }] }
  assert.equal((await create(api, 'web', spec)).status, 504)
  isDown = false
  assert.deepEqual(await madeAddresses(api), ['10.96.0.10'])
  assert.deepEqual(await takenPorts(store), [30001])
  assert.equal((await create(api, 'other', spec)).status, 422)
})

test('the Endpoints of a Service go with it', async () => {
  await using api = await registryFixture()
  await create(api, 'web')
  const endpoints = '/api/v1/namespaces/default/endpoints'
  const body = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web' } }
  await api.ask(`POST ${endpoints}`, { body })
  await api.ask(`DELETE ${services}/web`)
  assert.equal((await api.ask(`GET ${endpoints}/web`)).status, 404)
})
