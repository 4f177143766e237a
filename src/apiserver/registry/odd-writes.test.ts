import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWholeServer } from '../testing/whole-server.ts'

const services = '/api/v1/namespaces/default/services'
const without = '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""'

test('a valid write that is odd is told so, dry runs and replacements too', async () => {
  await using server = await startWholeServer()
  const spec = { ports: [{ port: 80 }], externalName: 'example.com' }
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec }
  const dry = await server.root(`POST ${services}?dryRun=All`, body)
  assert.deepEqual([dry.status, dry.warning], [201, without])
  assert.equal((await server.root(`POST ${services}`, body)).warning, without)
  assert.equal((await server.root(`PUT ${services}/s`, body)).warning, without)
  const plain = { ...body, spec: { ports: [{ port: 80 }] } }
  assert.equal((await server.root(`PUT ${services}/s`, plain)).warning, undefined)
})

test('more warnings than a head has room for cost nobody anything', async () => {
  await using server = await startWholeServer()
  const ports = Array.from({ length: 20_000 }, () => ({ containerPort: 80 }))
  const env = Array.from({ length: 20_000 }, () => ({ name: 'A', value: '1' }))
  const spec = { containers: [{ name: 'c', image: 'i', ports, env }] }
  const template = { metadata: { labels: { app: 'x' } }, spec }
  const body = { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'p' }, template }
  const path = '/api/v1/namespaces/default/podtemplates?dryRun=All'
  const { status, warning = '' } = await server.root(`POST ${path}`, body)
  assert.equal(status, 201)
  assert.match(warning, /^299 - "template\.spec\.containers\[0\]\.env\[1\]: hides previous/)
  assert.ok(warning.length < 8192, `${warning.length} characters`)
})

test('several warnings are several headers', async () => {
  await using server = await startWholeServer()
  const env = ['A', 'A', 'B', 'B'].map((name) => ({ name, value: '1' }))
  const spec = { containers: [{ name: 'c', image: 'i', env }] }
  const template = { metadata: { labels: { app: 'x' } }, spec }
  const body = { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'p' }, template }
  const path = '/api/v1/namespaces/default/podtemplates'
  const { status, warning = '' } = await server.root(`POST ${path}`, body)
  assert.equal(status, 201)
  assert.deepEqual(warning.match(/env\[\d\]: hides previous definition of \\"\w\\"/g), [
    'env[1]: hides previous definition of \\"A\\"',
    'env[3]: hides previous definition of \\"B\\"',
  ])
})
