import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from './registry-fixture.ts'

const path = '/api/v1/namespaces/default/configmaps'

async function filled(...names: readonly string[]) {
  const api = await registryFixture()
  await api.namespace('other')
  for (const [index, name] of names.entries()) {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { odd: String(index % 2 === 1) } },
    }
    assert.equal((await api.ask(`POST ${path}`, { body })).status, 201)
  }
  return api
}

type Item = { metadata: { name: string } }
const namesOf = (json: { items: readonly Item[] }) =>
  json.items.map(({ metadata }) => metadata.name)

test('a list has its own revision, and items without kind and version', async () => {
  await using api = await filled('a', 'b')
  const { json } = await api.ask(`GET ${path}`)
  assert.equal(json.kind, 'ConfigMapList')
  assert.equal(json.apiVersion, 'v1')
  assert.deepEqual(json.metadata, { resourceVersion: '5' })
  assert.deepEqual(namesOf(json), ['a', 'b'])
  assert.equal(json.items[0].kind, undefined)
  assert.equal(json.items[0].metadata.resourceVersion, '4')
})

test('an empty list has no items', async () => {
  await using api = await filled()
  assert.deepEqual((await api.ask(`GET ${path}`)).json.items, [])
})

test('pages are one view, whatever happens meanwhile', async () => {
  await using api = await filled('a', 'b', 'c', 'd', 'e')
  const first = (await api.ask(`GET ${path}?limit=2`)).json
  assert.deepEqual(namesOf(first), ['a', 'b'])
  assert.equal(first.metadata.remainingItemCount, 3)
  await api.ask(`DELETE ${path}/d`)
  const second = (await api.ask(`GET ${path}?limit=2&continue=${first.metadata.continue}`)).json
  assert.deepEqual(namesOf(second), ['c', 'd'])
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
  const third = (await api.ask(`GET ${path}?limit=2&continue=${second.metadata.continue}`)).json
  assert.deepEqual(namesOf(third), ['e'])
  assert.deepEqual(third.metadata, { resourceVersion: first.metadata.resourceVersion })
})

test('a list of any revision is whole, whatever the limit', async () => {
  await using api = await filled('a', 'b', 'c')
  const { json } = await api.ask(`GET ${path}?limit=2&resourceVersion=0`)
  assert.deepEqual(namesOf(json), ['a', 'b', 'c'])
  assert.equal(json.metadata.continue, undefined)
})

test('pages with a selector are filled with what matches, and count nothing', async () => {
  await using api = await filled('a', 'b', 'c', 'd', 'e')
  const first = (await api.ask(`GET ${path}?limit=1&labelSelector=odd%3Dtrue`)).json
  assert.deepEqual(namesOf(first), ['b'])
  assert.equal(first.metadata.remainingItemCount, undefined)
  const { continue: token } = first.metadata
  const second = (await api.ask(`GET ${path}?limit=1&labelSelector=odd%3Dtrue&continue=${token}`))
    .json
  assert.deepEqual(namesOf(second), ['d'])
})

test('a page after compaction is expired, with a token to go on with', async () => {
  await using api = await filled('a', 'b', 'c')
  const first = (await api.ask(`GET ${path}?limit=1`)).json
  await api.ask(`DELETE ${path}/b`)
  await api.store.compact(await api.store.revision())
  const expired = await api.ask(`GET ${path}?limit=1&continue=${first.metadata.continue}`)
  assert.equal(expired.status, 410)
  assert.equal(expired.json.reason, 'Expired')
  const rest = await api.ask(`GET ${path}?continue=${expired.json.metadata.continue}`)
  assert.deepEqual(namesOf(rest.json), ['c'])
})

test('tokens of nobody are refused', async () => {
  await using api = await filled('a')
  const answer = await api.ask(`GET ${path}?continue=abc`)
  assert.equal(answer.status, 400)
  assert.equal(answer.json.message, 'invalid continue token: continue key is not valid')
  const upwards = Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/x"}')
  const upward = await api.ask(`GET ${path}?continue=${upwards.toString('base64url')}`)
  assert.equal(upward.status, 400)
})

test('selectors choose by labels and fields', async () => {
  await using api = await filled('a', 'b', 'c')
  const listOf = async (query: string) => namesOf((await api.ask(`GET ${query}`)).json)
  assert.deepEqual(await listOf(`${path}?labelSelector=odd!%3Dtrue`), ['a', 'c'])
  assert.deepEqual(await listOf(`${path}?fieldSelector=metadata.name%3Db`), ['b'])
  assert.deepEqual(await listOf(`${path}?fieldSelector=metadata.name!%3Db`), ['a', 'c'])
  assert.deepEqual(await listOf('/api/v1/configmaps?fieldSelector=metadata.name%3Db'), ['b'])
  assert.deepEqual(await listOf('/api/v1/configmaps?fieldSelector=metadata.namespace%3Dother'), [])
  const unknown = await api.ask(`GET ${path}?fieldSelector=spec.odd%3D1`)
  assert.equal(unknown.status, 400)
  assert.equal(unknown.json.message, 'field label not supported: spec.odd')
})

test('a revision can be exact, or the least that will do', async () => {
  await using api = await filled('a', 'b')
  const exact = await api.ask(`GET ${path}?resourceVersion=4&resourceVersionMatch=Exact`)
  assert.deepEqual(namesOf(exact.json), ['a'])
  assert.equal(exact.json.metadata.resourceVersion, '4')
  const least = await api.ask(`GET ${path}?resourceVersion=4&resourceVersionMatch=NotOlderThan`)
  assert.deepEqual(namesOf(least.json), ['a', 'b'])
  const future = await api.ask(`GET ${path}?resourceVersion=999`)
  assert.equal(future.status, 504)
  assert.equal(future.json.message, 'Timeout: Too large resource version: 999, current: 5')
  assert.deepEqual(future.json.details.causes, [
    { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
  ])
  const wrong = await api.ask(`GET ${path}?resourceVersionMatch=Exact`)
  assert.equal(
    wrong.json.message,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  )
})

test('Events are kept as core Events and served in both groups', async () => {
  await using api = await filled()
  const created = await api.ask('POST /apis/events.k8s.io/v1/namespaces/default/events', {
    body: {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'web.1' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'scheduler',
      reportingInstance: 'one',
      action: 'Binding',
      reason: 'Scheduled',
      regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
      note: 'bound',
      type: 'Normal',
    },
  })
  assert.equal(created.status, 201, created.text)
  assert.equal(created.json.apiVersion, 'events.k8s.io/v1')
  const { json } = await api.ask('GET /api/v1/namespaces/default/events/web.1')
  assert.equal(json.apiVersion, 'v1')
  assert.equal(json.message, 'bound')
  assert.deepEqual(json.involvedObject, { kind: 'Pod', name: 'web', namespace: 'default' })
  const list = await api.ask('GET /apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dweb')
  assert.equal(list.json.items[0].note, 'bound')
})
