import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../registry/registry-fixture.ts'

const path = '/api/v1/namespaces/default/services'
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
})

test('a Service gets an address of the service subnet', async () => {
  await using api = await registryFixture()
  const { json } = await api.ask(`POST ${path}`, { body: service('web') })
  assert.match(json.spec.clusterIP, /^10\.96\.\d+\.\d+$/)
  assert.deepEqual(json.spec.clusterIPs, [json.spec.clusterIP])
  assert.deepEqual(json.spec.ipFamilies, ['IPv4'])
  assert.equal(json.spec.ipFamilyPolicy, 'SingleStack')
})

test('an address can be asked for, once', async () => {
  await using api = await registryFixture()
  const first = await api.ask(`POST ${path}`, { body: service('a', { clusterIP: '10.96.0.10' }) })
  assert.equal(first.json.spec.clusterIP, '10.96.0.10')
  const second = await api.ask(`POST ${path}`, { body: service('b', { clusterIP: '10.96.0.10' }) })
  assert.equal(second.status, 422)
  assert.equal(
    second.json.message,
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  )
  await api.ask(`DELETE ${path}/a`)
  const third = await api.ask(`POST ${path}`, { body: service('b', { clusterIP: '10.96.0.10' }) })
  assert.equal(third.status, 201)
})

test('an address must be in the range', async () => {
  await using api = await registryFixture()
  const { json } = await api.ask(`POST ${path}`, { body: service('a', { clusterIP: '10.97.0.1' }) })
  assert.equal(
    json.message,
    'Service "a" is invalid: spec.clusterIPs: Invalid value: ["10.97.0.1"]: failed to allocate IP 10.97.0.1: the provided network does not match the current range',
  )
})

test('a node port is given or asked for, once', async () => {
  await using api = await registryFixture()
  const given = await api.ask(`POST ${path}`, { body: service('a', { type: 'NodePort' }) })
  const { nodePort } = given.json.spec.ports[0]
  assert.ok(nodePort >= 30086 && nodePort <= 32767)
  const asked = service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30800 }] })
  assert.equal((await api.ask(`POST ${path}`, { body: asked })).json.spec.ports[0].nodePort, 30800)
  const again = await api.ask(`POST ${path}`, {
    body: { ...asked, metadata: { name: 'c' } },
  })
  assert.equal(again.status, 422)
  assert.equal(
    again.json.message,
    'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 30800: provided port is already allocated',
  )
  const outside = service('d', { type: 'NodePort', ports: [{ port: 80, nodePort: 8080 }] })
  assert.equal(
    (await api.ask(`POST ${path}`, { body: outside })).json.message,
    'Service "d" is invalid: spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767',
  )
})

test('a port on two protocols is one node port', async () => {
  await using api = await registryFixture()
  const ports = [
    { name: 'tcp', port: 53, protocol: 'TCP' },
    { name: 'udp', port: 53, protocol: 'UDP' },
  ]
  const { json } = await api.ask(`POST ${path}`, {
    body: service('dns', { type: 'NodePort', ports }),
  })
  assert.equal(json.spec.ports[0].nodePort, json.spec.ports[1].nodePort)
})

test('a change of type keeps the address and lets the node ports go', async () => {
  await using api = await registryFixture()
  const body = service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30800 }] })
  const { json: created } = await api.ask(`POST ${path}`, { body })
  const { json: changed } = await api.ask(`PUT ${path}/a`, {
    body: { ...created, spec: { ...created.spec, type: 'ClusterIP' } },
  })
  assert.equal(changed.spec.clusterIP, created.spec.clusterIP)
  assert.equal(changed.spec.ports[0].nodePort, undefined)
  const reused = await api.ask(`POST ${path}`, { body: { ...body, metadata: { name: 'b' } } })
  assert.equal(reused.status, 201)
})

test('an update without the allocated values keeps them', async () => {
  await using api = await registryFixture()
  const body = service('a', { type: 'NodePort' })
  const { json: created } = await api.ask(`POST ${path}`, { body })
  const { json: changed } = await api.ask(`PUT ${path}/a`, { body })
  assert.deepEqual(changed.spec, created.spec)
})

test('a refused Service gives everything back', async () => {
  await using api = await registryFixture()
  const ports = [
    { name: 'a', port: 80, nodePort: 30800 },
    { name: 'b', port: 81, nodePort: 99 },
  ]
  const refused = await api.ask(`POST ${path}`, {
    body: service('a', { type: 'NodePort', clusterIP: '10.96.0.10', ports }),
  })
  assert.equal(refused.status, 422)
  const accepted = await api.ask(`POST ${path}`, {
    body: service('a', {
      type: 'NodePort',
      clusterIP: '10.96.0.10',
      ports: [{ port: 80, nodePort: 30800 }],
    }),
  })
  assert.equal(accepted.status, 201)
})

test('what was given is known after a restart', async () => {
  await using first = await registryFixture()
  await first.ask(`POST ${path}`, { body: service('a', { clusterIP: '10.96.0.10' }) })
  await using second = await registryFixture({ store: first.store, isRestarted: true })
  const again = await second.ask(`POST ${path}`, {
    body: service('b', { clusterIP: '10.96.0.10' }),
  })
  assert.equal(again.status, 422)
})

test('a headless Service has no address', async () => {
  await using api = await registryFixture()
  const { json } = await api.ask(`POST ${path}`, { body: service('a', { clusterIP: 'None' }) })
  assert.deepEqual(json.spec.clusterIPs, ['None'])
})
