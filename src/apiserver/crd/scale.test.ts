import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crdFixture, definition, versionOf } from './crd-fixture.ts'

const path = (version: string) => `/apis/example.com/${version}/namespaces/default/widgets`
const merge = { 'content-type': 'application/merge-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }

const scale = (specReplicasPath: string) => ({
  scale: { specReplicasPath, statusReplicasPath: '.status.replicas' },
})
const free = {
  schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
}
const versions = [
  versionOf('v1', { ...free, subresources: scale('.spec.size') }),
  versionOf('v2', { ...free, storage: false, subresources: scale('.spec.scale.count') }),
  versionOf('v3', { ...free, storage: false, subresources: {} }),
]

async function widgetApi() {
  const api = await crdFixture()
  await api.install(definition({ versions }))
  const applied = (version: string, query: string, body: object) =>
    api.ask(`PATCH ${path(version)}/${query}`, { headers: apply, body })
  return {
    ...api,
    applied,
    applyWidget: (version: string, manager: string, spec: object) =>
      applied(version, `a?fieldManager=${manager}`, {
        ...{ apiVersion: `example.com/${version}`, kind: 'Widget', metadata: { name: 'a' }, spec },
      }),
    applyScale: (version: string, query: string, replicas: number) =>
      applied(version, `a/scale?${query}`, {
        ...{ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' } },
        spec: { replicas },
      }),
    async owners() {
      const { json } = await api.ask(`GET ${path('v1')}/a`)
      return json.metadata.managedFields.map(
        ({ time: _, fieldsType: _t, ...entry }: Record<string, unknown>) => entry,
      )
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

const owner = (manager: string, operation: string, version: string, spec: object) => ({
  ...{ manager, operation, apiVersion: `example.com/${version}` },
  fieldsV1: { 'f:spec': spec },
})

test('every version of a custom resource has the replicas, and their owners, in its own place', async () => {
  await using api = await widgetApi()
  const made = await api.applyWidget('v1', 'applier', { size: 1, scale: { count: 7 } })
  assert.equal(made.status, 201, made.text)
  const refused = await api.applyScale('v1', 'fieldManager=scaler', 4)
  assert.equal(
    refused.json.message,
    'Apply failed with 1 conflict: conflict with "applier": .spec.replicas',
  )
  const forced = await api.applyScale('v1', 'fieldManager=scaler&force=true', 4)
  assert.deepEqual([forced.status, forced.json.spec], [200, { replicas: 4 }])
  const scaler = owner('scaler', 'Apply', 'v1', { 'f:size': {} })
  assert.deepEqual(await api.owners(), [
    { ...scaler, subresource: 'scale' },
    owner('applier', 'Apply', 'v1', { 'f:scale': { '.': {}, 'f:count': {} } }),
  ])
  const other = await api.ask(`PATCH ${path('v2')}/a/scale?fieldManager=other`, {
    headers: merge,
    body: { spec: { replicas: 8 } },
  })
  assert.deepEqual(other.json.spec, { replicas: 8 })
  const { json } = await api.ask(`GET ${path('v1')}/a`)
  assert.deepEqual(json.spec, { size: 4, scale: { count: 8 } })
})

test('a Scale of a custom resource without replicas is refused until they are said', async () => {
  await using api = await widgetApi()
  await api.applyWidget('v1', 'applier', { color: 'red' })
  const body = { metadata: { labels: { a: 'b' } } }
  const empty = await api.ask(`PATCH ${path('v1')}/a/scale`, { headers: merge, body })
  assert.deepEqual(
    [empty.status, empty.json.message],
    [400, 'the spec replicas field ".spec.size" cannot be empty'],
  )
  const refused = await api.applyScale('v1', 'fieldManager=scaler', 4)
  assert.equal(
    refused.json.message,
    'Apply failed with 1 conflict: conflict with "before-first-apply" with subresource "scale" using autoscaling/v1: .spec.replicas',
  )
  const forced = await api.applyScale('v1', 'fieldManager=scaler&force=true', 4)
  assert.deepEqual(forced.json.spec, { replicas: 4 })
})

test('a Scale of a custom resource takes every patch but a strategic one', async () => {
  await using api = await widgetApi()
  await api.applyWidget('v1', 'applier', { size: 1 })
  const patched = (type: string, body: object) =>
    api.ask(`PATCH ${path('v1')}/a/scale`, {
      headers: { 'content-type': `application/${type}-patch+json` },
      body,
    })
  const json = await patched('json', [{ op: 'replace', path: '/spec/replicas', value: 2 }])
  assert.deepEqual(json.json.spec, { replicas: 2 })
  const strategic = await patched('strategic-merge', { spec: { replicas: 3 } })
  assert.deepEqual(
    [strategic.status, strategic.json.message],
    [
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    ],
  )
  const none = await api.applied('v3', 'a/scale?fieldManager=me', {})
  assert.equal(none.status, 404)
})
