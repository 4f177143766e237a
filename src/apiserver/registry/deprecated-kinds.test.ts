import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWholeServer } from '../testing/whole-server.ts'

const endpoints =
  '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"'

test('every answer about a deprecated kind says so, in every verb', async () => {
  await using server = await startWholeServer()
  const path = '/api/v1/namespaces/default/endpoints'
  const body = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'mine' } }
  const warned = async (line: string, sent?: object) => (await server.root(line, sent)).warning
  assert.equal(await warned(`POST ${path}`, body), endpoints)
  assert.equal(await warned(`GET ${path}/mine`), endpoints)
  assert.equal(await warned(`PUT ${path}/mine`, body), endpoints)
  assert.equal(await warned(`GET ${path}`), endpoints)
  assert.equal(await warned('GET /api/v1/endpoints'), endpoints)
  assert.equal(await warned(`DELETE ${path}/mine`), endpoints)
  const statuses = '299 - "v1 ComponentStatus is deprecated in v1.19+"'
  assert.equal(await warned('GET /api/v1/componentstatuses'), statuses)
})

test('the metrics say which deprecated kinds were asked for, each once', async () => {
  await using server = await startWholeServer()
  const requested = async () => {
    const { text } = await server.root('GET /metrics')
    return text.match(/^apiserver_requested_deprecated_apis.*$/gm) ?? []
  }
  await server.root('GET /api/v1/services')
  assert.deepEqual(await requested(), [])
  await server.root('GET /api/v1/endpoints')
  await server.root('GET /api/v1/namespaces/default/endpoints/none')
  await server.root('GET /api/v1/componentstatuses')
  assert.deepEqual((await requested()).toSorted(), [
    sampleOf('componentstatuses'),
    sampleOf('endpoints'),
  ])
})

const sampleOf = (resource: string) =>
  `apiserver_requested_deprecated_apis{group="",removed_release="",resource="${resource}",subresource="",version="v1"} 1`

test('other kinds are answered without a warning', async () => {
  await using server = await startWholeServer()
  assert.equal((await server.root('GET /api/v1/services')).warning, undefined)
})
