// Field selectors of two versions between which a webhook converts, as the conformance test
// "list and watch custom resources matching the field selector" has them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReviewRequest, webhookServer } from '../admission/webhooks/webhook-fixture.ts'
import { crdFixture, definition } from './crd-fixture.ts'

const path = (version: string) => `/apis/example.com/${version}/namespaces/default/widgets`

const version = (name: string, fields: readonly string[]) => ({
  ...{ name, served: true, storage: name === 'v1' },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
    },
  },
  selectableFields: fields.map((field) => ({ jsonPath: `.${field}` })),
})

interface Asked extends ReviewRequest {
  readonly desiredAPIVersion: string
  readonly objects: readonly Record<string, string>[]
}

function converted(object: Record<string, string>, apiVersion: string) {
  const { hostPort, host = '', port = '', ...rest } = object
  if (apiVersion.endsWith('v1')) return { ...rest, apiVersion, hostPort: `${host}:${port}` }
  const [first, second] = hostPort?.split(':') ?? []
  return { ...rest, apiVersion, host: first, port: second }
}

function convertAll(request: ReviewRequest) {
  const { objects, desiredAPIVersion } = request as Asked
  return {
    result: { status: 'Success' },
    convertedObjects: objects.map((object) => converted(object, desiredAPIVersion)),
  }
}

test('field selectors choose by the fields of the version that is asked for', async () => {
  await using hook = await webhookServer(convertAll)
  await using api = await crdFixture()
  const made = definition({
    versions: [version('v1', ['hostPort']), version('v2', ['host', 'port'])],
  }) as { spec: object }
  const conversion = {
    strategy: 'Webhook',
    webhook: {
      clientConfig: { url: `${hook.url}/crdconvert`, caBundle: hook.caBundle },
      conversionReviewVersions: ['v1', 'v1beta1'],
    },
  }
  await api.install({ ...made, spec: { ...made.spec, conversion } })
  const selected = async (version: string, selector: string) => {
    const { json } = await api.ask(`GET ${path(version)}?fieldSelector=${selector}`)
    return json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
  }
  const { resourceVersion } = (await api.ask(`GET ${path('v2')}`)).json.metadata
  const watched = (version: string, selector: string) =>
    api.watch(
      `${path(version)}?watch=true&fieldSelector=${selector}&resourceVersion=${resourceVersion}`,
    )
  const host = await watched('v2', 'host%3Dhost1')
  const hostAndPort = await watched('v2', 'host%3Dhost1,port%3D80')
  const hostPort = await watched('v1', 'hostPort%3Dhost1:80')

  const objects = { a: ['host1', '80'], b: ['host1', '8080'], c: ['host2'] }
  for (const [name, [host, port]] of Object.entries(objects)) {
    const body = {
      ...{ apiVersion: 'example.com/v2', kind: 'Widget', metadata: { name } },
      ...{ host, port },
    }
    assert.equal((await api.ask(`POST ${path('v2')}`, { body })).status, 201)
  }
  assert.deepEqual(await selected('v2', 'host%3Dhost1'), ['a', 'b'])
  assert.deepEqual(await selected('v2', 'host%3Dhost1,port%3D80'), ['a'])
  assert.deepEqual(await selected('v1', 'hostPort%3Dhost1:80'), ['a'])
  assert.deepEqual(await selected('v1', 'hostPort%3Dhost1:8080'), ['b'])

  const gone = await api.ask(`DELETE ${path('v2')}?fieldSelector=host%3Dhost1,port%3D80`)
  assert.equal(gone.status, 200)
  const { json: b } = await api.ask(`GET ${path('v2')}/b`)
  await api.ask(`PUT ${path('v2')}/b`, { body: { ...b, host: 'host2' } })
  assert.deepEqual(await selected('v2', 'host%3Dhost1'), [])

  const seen = async (events: typeof host, count: number) => {
    const found: string[] = []
    for (let at = 0; at < count; at++) {
      const { type, object } = await events.next()
      found.push(`${type} ${object.metadata.name} ${object.apiVersion}`)
    }
    events.stop()
    return found
  }
  assert.deepEqual(await seen(host, 4), [
    'ADDED a example.com/v2',
    'ADDED b example.com/v2',
    'DELETED a example.com/v2',
    'DELETED b example.com/v2',
  ])
  assert.deepEqual(await seen(hostAndPort, 2), [
    'ADDED a example.com/v2',
    'DELETED a example.com/v2',
  ])
  assert.deepEqual(await seen(hostPort, 2), ['ADDED a example.com/v1', 'DELETED a example.com/v1'])
})
