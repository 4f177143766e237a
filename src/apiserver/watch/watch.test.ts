import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../registry/registry-fixture.ts'

const path = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, labels = {}, data = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
})

type Event = { type: string; object: { metadata: { name: string; resourceVersion: string } } }
const brief = ({ type, object }: Event) =>
  `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`

test('a watch from a revision sees every later change once and in order', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  const { json } = await api.ask(`GET ${path}`)
  const events = await api.watch(`${path}?watch=1&resourceVersion=${json.metadata.resourceVersion}`)
  await api.ask(`PUT ${path}/a`, { body: configMap('a', {}, { x: '1' }) })
  await api.ask(`POST ${path}`, { body: configMap('b') })
  await api.ask(`DELETE ${path}/a`)
  assert.equal(brief(await events.next()), 'MODIFIED a 4')
  assert.equal(brief(await events.next()), 'ADDED b 5')
  const deleted = await events.next()
  assert.equal(brief(deleted), 'DELETED a 6')
  assert.deepEqual(deleted.object.data, { x: '1' })
  events.stop()
  assert.equal(await events.next(), undefined)
})

test('a watch from an older revision replays what happened since', async () => {
  await using api = await registryFixture()
  const early = await api.watch(`${path}?watch=1&resourceVersion=2`)
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`POST ${path}`, { body: configMap('b') })
  assert.equal(brief(await early.next()), 'ADDED a 3')
  const late = await api.watch(`${path}?watch=1&resourceVersion=3`)
  assert.equal(brief(await late.next()), 'ADDED b 4')
  const before = await api.watch(`${path}?watch=1&resourceVersion=1`)
  assert.equal(brief(await before.next()), 'ADDED a 3')
  assert.equal(brief(await before.next()), 'ADDED b 4')
  for (const events of [early, late, before]) events.stop()
})

test('a watch from nowhere begins with what is there', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  for (const from of ['', '&resourceVersion=0']) {
    const events = await api.watch(`${path}?watch=1${from}`)
    assert.equal(brief(await events.next()), 'ADDED a 3')
    events.stop()
  }
})

test('an object that begins to match a selector is added, one that ends to is deleted', async () => {
  await using api = await registryFixture()
  const events = await api.watch(`${path}?watch=1&labelSelector=app%3Dweb&resourceVersion=2`)
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`PUT ${path}/a`, { body: configMap('a', { app: 'web' }) })
  await api.ask(`PUT ${path}/a`, { body: configMap('a', { app: 'web' }, { x: '1' }) })
  await api.ask(`PUT ${path}/a`, { body: configMap('a', { app: 'db' }, { x: '2' }) })
  await api.ask(`DELETE ${path}/a`)
  await api.ask(`POST ${path}`, { body: configMap('b', { app: 'web' }) })
  assert.equal(brief(await events.next()), 'ADDED a 4')
  assert.equal(brief(await events.next()), 'MODIFIED a 5')
  const gone = await events.next()
  assert.equal(brief(gone), 'DELETED a 6')
  assert.deepEqual(gone.object.metadata.labels, { app: 'web' })
  assert.equal(brief(await events.next()), 'ADDED b 8')
  events.stop()
})

test('one object can be watched by name', async () => {
  await using api = await registryFixture()
  const events = await api.watch(
    `${path}?watch=1&fieldSelector=metadata.name%3Db&resourceVersion=2`,
  )
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`POST ${path}`, { body: configMap('b') })
  assert.equal(brief(await events.next()), 'ADDED b 4')
  events.stop()
})

test('a streaming list ends with a bookmark that says so', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  const events = await api.watch(
    `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  )
  assert.equal(brief(await events.next()), 'ADDED a 3')
  assert.deepEqual(await events.next(), {
    type: 'BOOKMARK',
    object: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: '3', annotations: { 'k8s.io/initial-events-end': 'true' } },
    },
  })
  events.stop()
})

test('without initial events a watch begins with what happens next', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  for (const from of ['', '&resourceVersion=0']) {
    const query = 'watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan'
    const events = await api.watch(`${path}?${query}${from}`)
    const next = events.next()
    await settle()
    await api.ask(`DELETE ${path}/a`)
    await api.ask(`POST ${path}`, { body: configMap('a') })
    assert.equal((await next).type, 'DELETED')
    events.stop()
  }
})

test('a streaming list of a revision that is not there yet is told so by an event', async () => {
  await using api = await registryFixture()
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
  const events = await api.watch(`${path}?${query}&resourceVersion=1000`)
  const { type, object } = await events.next()
  assert.equal(type, 'ERROR')
  assert.equal(object.message, 'Timeout: Too large resource version: 1000, current: 2')
  assert.equal(object.code, 504)
  assert.equal(await events.next(), undefined)
})

test('bookmarks come every minute and shortly before the end', async () => {
  await using api = await registryFixture()
  const events = await api.watch(
    `${path}?watch=1&resourceVersion=2&allowWatchBookmarks=true&timeoutSeconds=90`,
  )
  const first = events.next()
  await settle()
  api.clock.advance(60_000)
  assert.equal((await first).type, 'BOOKMARK')
  const second = events.next()
  await settle()
  api.clock.advance(28_000)
  assert.equal((await second).object.metadata.resourceVersion, '2')
  const end = events.next()
  await settle()
  api.clock.advance(2_000)
  assert.equal(await end, undefined)
})

test('a watch from a compacted revision is told to list again', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`POST ${path}`, { body: configMap('b') })
  await api.store.compact(4)
  const events = await api.watch(`${path}?watch=1&resourceVersion=2`)
  assert.deepEqual(await events.next(), {
    type: 'ERROR',
    object: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'too old resource version: 2 (4)',
      reason: 'Expired',
      code: 410,
    },
  })
  assert.equal(await events.next(), undefined)
})

test('sendInitialEvents needs resourceVersionMatch', async () => {
  await using api = await registryFixture()
  const answer = await api.ask(`GET ${path}?watch=1&sendInitialEvents=true`)
  assert.equal(answer.status, 422)
  assert.equal(
    answer.json.message,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  )
})

test('a thousand watchers see the same events', async () => {
  await using api = await registryFixture()
  const watchers = await Promise.all(
    Array.from({ length: 1000 }, () => api.watch(`${path}?watch=1&resourceVersion=2`)),
  )
  const firsts = watchers.map((events) => events.next())
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`DELETE ${path}/a`)
  for (const first of firsts) assert.equal(brief(await first), 'ADDED a 3')
  // What follows at once is collected for some milliseconds when so many watch.
  const seconds = watchers.map((events) => events.next())
  await settle()
  await api.ask(`POST ${path}`, { body: configMap('b') })
  api.clock.advance(10)
  for (const second of seconds) assert.equal(brief(await second), 'DELETED a 4')
  for (const events of watchers) assert.equal(brief(await events.next()), 'ADDED b 5')
  for (const events of watchers) events.stop()
})

test('a watch can send tables, with columns in the first', async () => {
  await using api = await registryFixture()
  const events = await api.watch(`${path}?watch=1&resourceVersion=2`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  })
  await api.ask(`POST ${path}`, { body: configMap('a') })
  await api.ask(`POST ${path}`, { body: configMap('b') })
  const first = await events.next()
  assert.equal(first.object.kind, 'Table')
  assert.equal(first.object.columnDefinitions[0].name, 'Name')
  assert.equal(first.object.rows[0].cells[0], 'a')
  assert.equal(first.object.rows[0].object.kind, 'PartialObjectMetadata')
  const second = await events.next()
  assert.deepEqual(second.object.columnDefinitions, [])
  assert.equal(second.object.rows[0].cells[0], 'b')
  events.stop()
})

/** Lets everything that can happen now happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

test('a client that leaves in the middle ends its watch at once', async () => {
  await using api = await registryFixture()
  await api.ask(`POST ${path}`, { body: configMap('a') })
  const body = await api.stream(`${path}?watch=1&allowWatchBookmarks=true`)
  for await (const chunk of body) {
    assert.ok(chunk.length > 0)
    break
  }
})
