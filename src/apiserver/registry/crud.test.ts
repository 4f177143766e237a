import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesProtobuf } from '../protobuf.ts'
import { registryFixture } from './registry-fixture.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...extra,
})

test('a created object comes back with what the server sets', async () => {
  await using api = await registryFixture()
  const created = await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  assert.equal(created.status, 201)
  assert.deepEqual(created.json, {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: {
      resourceVersion: '3',
      name: 'web',
      namespace: 'default',
      uid: created.json.metadata.uid,
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [
        {
          manager: 'unknown',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
        },
      ],
    },
    data: { a: '1' },
  })
  const read = await api.ask(`GET ${configMaps}/web`)
  assert.equal(read.status, 200)
  assert.equal(read.text, created.text)
})

test('what is not there is not found', async () => {
  await using api = await registryFixture()
  assert.deepEqual((await api.ask('GET /apis/apps/v1/namespaces/default/deployments/web')).json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'deployments.apps "web" not found',
    reason: 'NotFound',
    details: { name: 'web', group: 'apps', kind: 'deployments' },
    code: 404,
  })
})

test('a name can be taken once', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const again = await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  assert.equal(again.status, 409)
  assert.equal(again.json.reason, 'AlreadyExists')
  assert.equal(again.json.message, 'configmaps "web" already exists')
})

test('generateName makes a name', async () => {
  await using api = await registryFixture()
  const body = configMap('', { metadata: { generateName: 'web-' } })
  const created = await api.ask(`POST ${configMaps}`, { body })
  assert.match(created.json.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})

test('a namespace must exist', async () => {
  await using api = await registryFixture()
  const path = '/api/v1/namespaces/none/configmaps'
  const created = await api.ask(`POST ${path}`, { body: configMap('web') })
  assert.equal(created.status, 404)
  assert.equal(created.json.message, 'namespaces "none" not found')
})

test('a namespace that ends takes nothing new', async () => {
  await using api = await registryFixture()
  await api.namespace('old')
  const deleted = await api.ask('DELETE /api/v1/namespaces/old')
  assert.equal(deleted.status, 200)
  assert.equal(deleted.json.status.phase, 'Terminating')
  const path = '/api/v1/namespaces/old/configmaps'
  const created = await api.ask(`POST ${path}`, { body: configMap('web') })
  assert.equal(created.status, 403)
  assert.equal(
    created.json.message,
    'configmaps "web" is forbidden: unable to create new content in namespace old because it is being terminated',
  )
  assert.deepEqual(created.json.details.causes, [
    {
      reason: 'NamespaceTerminating',
      message: 'namespace old is being terminated',
      field: 'metadata.namespace',
    },
  ])
})

test('an object of another namespace does not belong here', async () => {
  await using api = await registryFixture()
  const body = configMap('', { metadata: { name: 'web', namespace: 'other' } })
  const created = await api.ask(`POST ${configMaps}`, { body })
  assert.equal(created.status, 400)
  assert.equal(
    created.json.message,
    'the namespace of the provided object does not match the namespace sent on the request',
  )
})

test('an update with an old version conflicts', async () => {
  await using api = await registryFixture()
  const { json: first } = await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const second = await api.ask(`PUT ${configMaps}/web`, {
    body: { ...first, data: { a: '2' } },
  })
  assert.equal(second.status, 200)
  assert.equal(second.json.data.a, '2')
  const stale = await api.ask(`PUT ${configMaps}/web`, { body: { ...first, data: { a: '3' } } })
  assert.equal(stale.status, 409)
  assert.equal(
    stale.json.message,
    'Operation cannot be fulfilled on configmaps "web": the object has been modified; please apply your changes to the latest version and try again',
  )
})

test('an update without a version writes over whatever is there', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const put = await api.ask(`PUT ${configMaps}/web`, {
    body: configMap('web', { data: { a: '2' } }),
  })
  assert.equal(put.status, 200)
  assert.equal(put.json.data.a, '2')
})

test('an update that changes nothing writes nothing', async () => {
  await using api = await registryFixture()
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const put = await api.ask(`PUT ${configMaps}/web`, { body: json })
  assert.equal(put.json.metadata.resourceVersion, json.metadata.resourceVersion)
  assert.equal(await api.store.revision(), Number(json.metadata.resourceVersion))
})

test('a PUT must name the object of its path', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const put = await api.ask(`PUT ${configMaps}/web`, { body: configMap('db') })
  assert.equal(put.status, 400)
  assert.equal(
    put.json.message,
    'the name of the object (db) does not match the name on the URL (web)',
  )
})

test('a PUT with another uid conflicts', async () => {
  await using api = await registryFixture()
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const body = configMap('web', { metadata: { name: 'web', uid: 'other' } })
  const put = await api.ask(`PUT ${configMaps}/web`, { body })
  assert.equal(put.status, 409)
  assert.equal(
    put.json.message,
    `Operation cannot be fulfilled on configmaps "web": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${json.metadata.uid}`,
  )
})

test('dry runs answer as if and write nothing', async () => {
  await using api = await registryFixture()
  const created = await api.ask(`POST ${configMaps}?dryRun=All`, { body: configMap('web') })
  assert.equal(created.status, 201)
  assert.equal(created.json.metadata.resourceVersion, undefined)
  assert.equal((await api.ask(`GET ${configMaps}/web`)).status, 404)
  const wrong = await api.ask(`POST ${configMaps}?dryRun=Some`, { body: configMap('web') })
  assert.equal(wrong.status, 422)
  assert.equal(
    wrong.json.message,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  )
})

test('merge and JSON patches change what they name', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const merged = await api.ask(`PATCH ${configMaps}/web`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { data: { a: null, b: '2' } },
  })
  assert.equal(merged.status, 200)
  assert.deepEqual(merged.json.data, { b: '2' })
  const patched = await api.ask(`PATCH ${configMaps}/web`, {
    headers: { 'content-type': 'application/json-patch+json' },
    body: [{ op: 'add', path: '/data/c', value: '3' }],
  })
  assert.deepEqual(patched.json.data, { b: '2', c: '3' })
  const failed = await api.ask(`PATCH ${configMaps}/web`, {
    headers: { 'content-type': 'application/json-patch+json' },
    body: [{ op: 'test', path: '/data/c', value: '4' }],
  })
  assert.equal(failed.status, 422)
})

test('a patch that names a version fails when it is old', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const patched = await api.ask(`PATCH ${configMaps}/web`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { resourceVersion: '1' }, data: { b: '2' } },
  })
  assert.equal(patched.status, 409)
})

test('a patch of an unknown kind is refused with what is known', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const patched = await api.ask(`PATCH ${configMaps}/web`, { body: {} })
  assert.equal(patched.status, 415)
  assert.equal(patched.json.reason, 'UnsupportedMediaType')
})

test('the status is written by its own door', async () => {
  await using api = await registryFixture()
  const path = '/api/v1/namespaces/default'
  const { json } = await api.ask(`GET ${path}`)
  const condition = {
    type: 'NamespaceContentRemaining',
    status: 'False',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  const changed = { ...json, status: { phase: 'Active', conditions: [condition] } }
  const plain = await api.ask(`PUT ${path}`, { body: changed })
  assert.deepEqual(plain.json.status, { phase: 'Active' })
  const status = await api.ask(`PUT ${path}/status`, { body: changed })
  assert.equal(status.status, 200, status.text)
  assert.deepEqual(status.json.status.conditions, [condition])
})

test('YAML comes and goes', async () => {
  await using api = await registryFixture()
  const created = await api.ask(`POST ${configMaps}`, {
    headers: { 'content-type': 'application/yaml', accept: 'application/yaml' },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: "1"\n',
  })
  assert.equal(created.status, 201)
  assert.equal(created.contentType, 'application/yaml')
  assert.match(created.text, /^kind: ConfigMap\napiVersion: v1\nmetadata:\n/)
})

test('nobody is answered in a form that is not known', async () => {
  await using api = await registryFixture()
  const answer = await api.ask(`GET ${configMaps}`, { headers: { accept: 'text/html' } })
  assert.equal(answer.status, 406)
  assert.equal(
    answer.json.message,
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
})

test('metadata alone can be asked for', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
  const { json } = await api.ask(`GET ${configMaps}`, { headers: { accept } })
  assert.equal(json.kind, 'PartialObjectMetadataList')
  assert.equal(json.items[0].kind, 'PartialObjectMetadata')
  assert.equal(json.items[0].metadata.name, 'web')
  assert.equal(json.items[0].data, undefined)
})

test('a strategic patch merges lists by their keys', async () => {
  await using api = await registryFixture({ plugins: [] })
  const pods = '/api/v1/namespaces/default/pods'
  const containers = [
    { name: 'a', image: 'one' },
    { name: 'b', image: 'two' },
  ]
  await api.ask(`POST ${pods}`, {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } },
  })
  const patched = await api.ask(`PATCH ${pods}/web`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: { spec: { containers: [{ name: 'b', image: 'three' }] } },
  })
  assert.equal(patched.status, 200, patched.text)
  assert.deepEqual(
    patched.json.spec.containers.map((each: { image: string }) => each.image),
    ['one', 'three'],
  )
})

test('unknown fields are an error, a warning, or nothing, as asked', async () => {
  await using api = await registryFixture()
  const body = configMap('web', { odd: 1 })
  const strict = await api.ask(`POST ${configMaps}?fieldValidation=Strict`, { body })
  assert.equal(strict.status, 400)
  assert.match(strict.json.message, /strict decoding error: unknown field "odd"$/)
  const warned = await api.ask(`POST ${configMaps}`, { body })
  assert.deepEqual(warned.warnings, ['unknown field "odd"'])
  const ignored = await api.ask(`PUT ${configMaps}/web?fieldValidation=Ignore`, { body })
  assert.deepEqual(ignored.warnings, [])
})

test('protobuf comes and goes', async () => {
  await using api = await registryFixture()
  const type = 'application/vnd.kubernetes.protobuf'
  const body = kubernetesProtobuf.write(configMap('web'))
  const created = await api.ask(`POST ${configMaps}`, {
    body,
    headers: { 'content-type': type, accept: `${type},application/json` },
  })
  assert.equal(created.status, 201)
  assert.equal(created.contentType, type)
  assert.deepEqual(kubernetesProtobuf.read(created.bytes)['data'], { a: '1' })
  const accept = `${type};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`
  const list = await api.ask(`GET ${configMaps}`, { headers: { accept } })
  assert.equal(list.contentType, type)
  const deleted = await api.ask(`DELETE ${configMaps}/web`, {
    headers: { 'content-type': type },
    body: kubernetesProtobuf.write({ apiVersion: 'v1', kind: 'DeleteOptions' }),
  })
  assert.equal(deleted.json.status, 'Success')
})

test('what no path leads to is not allowed or not found', async () => {
  await using api = await registryFixture()
  const codeOf = async (line: string) => (await api.ask(line, { body: {} })).status
  assert.equal(await codeOf('POST /api/v1/configmaps'), 405)
  assert.equal(await codeOf(`POST ${configMaps}/web`), 405)
  assert.equal(await codeOf(`PUT ${configMaps}`), 405)
  assert.equal(await codeOf('DELETE /api/v1/namespaces'), 405)
  assert.equal(await codeOf('GET /api/v1/configmaps/web'), 404)
  assert.equal(await codeOf('GET /api/v1/namespaces/default/nodes'), 404)
  assert.equal(await codeOf('GET /api/v1/namespaces/default/odds'), 404)
  assert.equal(await codeOf(`GET ${configMaps}/web/odd`), 404)
})

test('many writers of one object all come through', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${configMaps}`, { body: configMap('web') })
  const writers = Array.from({ length: 100 }, (_, index) =>
    api.ask(`PATCH ${configMaps}/web`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { [`key-${index}`]: 'set' } },
    }),
  )
  for (const answer of await Promise.all(writers)) assert.equal(answer.status, 200)
  const { json } = await api.ask(`GET ${configMaps}/web`)
  assert.equal(Object.keys(json.data).length, 101)
})
