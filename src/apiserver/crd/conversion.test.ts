import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../api/types.gen.ts'
import { type ReviewRequest, webhookServer } from '../admission/webhooks/webhook-fixture.ts'
import { crdFixture, definition, definitionsPath } from './crd-fixture.ts'

const base = '/apis/example.com'
const path = (version: string) => `${base}/${version}/namespaces/default/widgets`
const merge = { 'content-type': 'application/merge-patch+json' }

const spec = (properties: Readonly<Record<string, JSONSchemaProps>>): JSONSchemaProps => ({
  type: 'object',
  properties: { spec: { type: 'object', properties } },
})

/** v1 has spec.size, v2 has spec.width and spec.color with a default. */
const versions = (storage: string) => [
  {
    ...{ name: 'v1', served: true, storage: storage === 'v1' },
    schema: { openAPIV3Schema: spec({ size: { type: 'integer' } }) },
  },
  {
    ...{ name: 'v2', served: true, storage: storage === 'v2' },
    schema: {
      openAPIV3Schema: spec({
        width: { type: 'integer' },
        color: { type: 'string', default: 'red' },
      }),
    },
  },
]

interface Asked extends ReviewRequest {
  readonly desiredAPIVersion: string
  readonly objects: readonly ReturnType<typeof JSON.parse>[]
}

function converted(object: ReturnType<typeof JSON.parse>, apiVersion: string) {
  const { size, width = size } = object.spec
  const spec = apiVersion.endsWith('v2') ? { width, odd: 1 } : { size: width }
  return { ...object, apiVersion, spec }
}

function convertAll(request: ReviewRequest) {
  const { objects, desiredAPIVersion } = request as Asked
  return {
    result: { status: 'Success' },
    convertedObjects: objects.map((object) => converted(object, desiredAPIVersion)),
  }
}

type Respond = (request: ReviewRequest) => object

async function convertingApi(respond: Respond = convertAll) {
  let answer = respond
  const hook = await webhookServer((request) => answer(request))
  const api = await crdFixture()
  const conversion = {
    strategy: 'Webhook',
    webhook: {
      clientConfig: { url: `${hook.url}/convert`, caBundle: hook.caBundle },
      conversionReviewVersions: ['v1', 'v1beta1'],
    },
  }
  const made = definition({ versions: versions('v1') }) as { spec: object }
  await api.install({ ...made, spec: { ...made.spec, conversion } })
  return {
    ...api,
    hook,
    respond: (next: Respond) => {
      answer = next
    },
    create: (version: string, name: string, spec: object) =>
      api.ask(`POST ${path(version)}`, {
        body: { apiVersion: `example.com/${version}`, kind: 'Widget', metadata: { name }, spec },
      }),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await hook[Symbol.asyncDispose]()
    },
  }
}

test('objects are kept in one version and served in every version that a webhook knows', async () => {
  await using api = await convertingApi()
  const made = await api.create('v2', 'a', { width: 3 })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.json.spec, { width: 3, color: 'red' })
  const stored = await api.ask(`GET ${path('v1')}/a`)
  assert.equal(stored.json.apiVersion, 'example.com/v1')
  assert.deepEqual(stored.json.spec, { size: 3 })
  assert.equal(stored.json.metadata.uid, made.json.metadata.uid)
  const patched = await api.ask(`PATCH ${path('v2')}/a`, {
    headers: merge,
    body: { spec: { width: 4 }, metadata: { labels: { a: 'b' } } },
  })
  assert.deepEqual(patched.json.spec, { width: 4, color: 'red' })
  assert.equal(patched.json.metadata.generation, 2)
  const again = await api.ask(`GET ${path('v1')}/a`)
  assert.deepEqual(again.json.spec, { size: 4 })
  assert.deepEqual(again.json.metadata.labels, { a: 'b' })
})

test('a list is one review, of the objects alone that are in another version', async () => {
  await using api = await convertingApi()
  for (const [index, name] of ['a', 'b', 'c'].entries())
    await api.create('v1', name, { size: index })
  assert.deepEqual(api.hook.asked, [])
  const list = await api.ask(`GET ${path('v2')}`)
  assert.deepEqual(
    list.json.items.map(({ apiVersion, spec }: { apiVersion: string; spec: object }) => [
      apiVersion,
      spec,
    ]),
    [0, 1, 2].map((width) => ['example.com/v2', { width, color: 'red' }]),
  )
  assert.equal(api.hook.asked.length, 1)
  const [asked] = api.hook.asked as Asked[]
  assert.equal(asked?.desiredAPIVersion, 'example.com/v2')
  assert.equal(asked?.objects.length, 3)
  assert.equal(asked?.objects[0].metadata.resourceVersion, undefined)
  assert.equal((await api.ask(`GET ${path('v1')}`)).json.items.length, 3)
  assert.equal(api.hook.asked.length, 1)
})

test('watches see objects in their own version', async () => {
  await using api = await convertingApi()
  await api.create('v1', 'a', { size: 1 })
  const events = await api.watch(`${path('v2')}?watch=true`)
  const first = await events.next()
  assert.deepEqual([first.type, first.object.spec], ['ADDED', { width: 1, color: 'red' }])
  await api.ask(`PATCH ${path('v1')}/a`, { headers: merge, body: { spec: { size: 2 } } })
  const second = await events.next()
  assert.deepEqual([second.type, second.object.apiVersion], ['MODIFIED', 'example.com/v2'])
  assert.deepEqual(second.object.spec, { width: 2, color: 'red' })
  events.stop()
})

test('the version of storage may change; what was kept before is read still', async () => {
  await using api = await convertingApi()
  await api.create('v1', 'old', { size: 1 })
  const name = `${definitionsPath}/widgets.example.com`
  const body = { spec: { versions: versions('v2') } }
  const changed = await api.served(() => api.ask(`PATCH ${name}`, { headers: merge, body }))
  assert.deepEqual(changed.json.status.storedVersions, ['v1', 'v2'])
  assert.equal((await api.create('v2', 'new', { width: 2 })).status, 201)
  assert.equal((await api.ask(`GET ${path('v2')}/new`)).status, 200)
  assert.deepEqual(api.hook.asked, [])
  const { json } = await api.ask(`GET ${path('v2')}`)
  assert.deepEqual(
    json.items.map(({ spec }: { spec: object }) => spec),
    [
      { width: 2, color: 'red' },
      { width: 1, color: 'red' },
    ],
  )
  const migrated = await api.ask(`PUT ${path('v2')}/old`, { body: json.items[1] })
  assert.equal(migrated.status, 200)
  const status = { storedVersions: ['v2'] }
  const pruned = await api.ask(`PATCH ${name}/status`, { headers: merge, body: { status } })
  assert.deepEqual(pruned.json.status.storedVersions, ['v2'])
})

test('a webhook that fails or answers amiss fails the request, in upstream words', async () => {
  await using api = await convertingApi()
  await api.create('v1', 'a', { size: 1 })
  const failure = async (respond: Respond) => {
    api.respond(respond)
    const { status, json } = await api.ask(`GET ${path('v2')}/a`)
    assert.equal(status, 500)
    return json.message
  }
  const start = 'conversion webhook for example.com/v1, Kind=Widget'
  const changed =
    (change: (object: ReturnType<typeof JSON.parse>) => object) => (request: ReviewRequest) => ({
      result: { status: 'Success' },
      convertedObjects: (request as Asked).objects.map((object) =>
        change(converted(object, (request as Asked).desiredAPIVersion)),
      ),
    })
  assert.equal(
    await failure(() => ({ result: { status: 'Failed', message: 'no way' } })),
    `${start} failed: no way`,
  )
  assert.equal(
    await failure(() => ({ result: { status: 'Failed' } })),
    `${start} failed: response.result.status was 'Failed', not 'Success'`,
  )
  assert.equal(
    await failure(() => ({ result: { status: 'Success' }, convertedObjects: [] })),
    `${start} returned 0 objects, expected 1`,
  )
  assert.match(
    await failure((request) => ({ ...convertAll(request), uid: 'other' })),
    /failed: expected response\.uid="[-0-9a-f]+", got "other"$/,
  )
  assert.equal(
    await failure(changed((object) => ({ ...object, apiVersion: 'example.com/v1' }))),
    `${start} returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)`,
  )
  assert.equal(
    await failure(
      changed((object) => ({ ...object, metadata: { ...object.metadata, name: 'b' } })),
    ),
    `${start} returned invalid object: must have the same name: a != b`,
  )
  assert.equal(
    await failure(
      changed((object) => ({ ...object, metadata: { ...object.metadata, labels: { a: 1 } } })),
    ),
    `${start} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
  )
  api.respond(
    changed((object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: ['x/y'], labels: { c: 'd' } },
    })),
  )
  const { json } = await api.ask(`GET ${path('v2')}/a`)
  assert.deepEqual([json.metadata.finalizers, json.metadata.labels], [undefined, { c: 'd' }])
})
