import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersionOf, type KindEntry, kinds, pathOf } from '../../api/kinds.ts'
import { seededRandom } from '../../lib/random.ts'
import { registryFixture } from './registry-fixture.ts'

const stored = kinds.filter(({ stored }) => stored !== false)
const collection = (entry: KindEntry) => pathOf(entry, entry.namespaced ? 'default' : undefined)

const bodies: readonly (object | string)[] = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"metadata":null}',
  '{"metadata":{"name":7}}',
  '{"metadata":{"name":"../x"}}',
  '{"metadata":{"name":"a","labels":[1]}}',
  '{"metadata":{"name":"a"},"spec":"x","status":[],"data":7,"subsets":{}}',
  '{"metadata":{"name":"b","ownerReferences":[{},{}],"finalizers":["x"]},"spec":{},"status":{}}',
  '{"metadata":{"generateName":"c-"},"spec":{"ports":[{}],"containers":[{}],"selector":{}}}',
]

const queries = [
  '',
  '?limit=-1',
  '?limit=x',
  '?continue=x',
  '?labelSelector=%28',
  '?fieldSelector=a%3D%3D%3Db',
  '?resourceVersion=x',
  '?resourceVersion=99999999999999999999',
  '?dryRun=x&fieldValidation=y&fieldManager=%00',
  '?gracePeriodSeconds=x&propagationPolicy=y',
  '?pretty=1&includeObject=x',
]

const types = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'text/html',
]

const accepts = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'text/html',
]

test('every kind can be listed in every form', async () => {
  await using api = await registryFixture()
  for (const entry of stored) {
    for (const accept of accepts.slice(0, 5)) {
      const answer = await api.ask(`GET ${collection(entry)}`, { headers: { accept } })
      assert.equal(answer.status, 200, `${accept} ${collection(entry)} ${answer.text}`)
    }
    const { json } = await api.ask(`GET ${collection(entry)}`)
    assert.equal(json.kind, `${entry.kind}List`)
    assert.equal(json.apiVersion, apiVersionOf(entry))
  }
})

test('whatever is sent is answered, never with a failure of the server', async () => {
  await using api = await registryFixture({ plugins: [] })
  const { below } = seededRandom(7)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
  for (const entry of stored) {
    for (let round = 0; round < 40; round++) {
      const method = pick(methods)
      const place = pick(['', '/a', '/b', '/a/status', '/a/scale', '/a/binding', '/a/eviction'])
      const line = `${method} ${collection(entry)}${place}${pick(queries)}`
      const headers = { 'content-type': pick(types), accept: pick(accepts) }
      const body = pick(bodies)
      const answer = await api.ask(line, { headers, body })
      const what = `${line} ${JSON.stringify(headers)} ${JSON.stringify(body)}`
      assert.ok(answer.status < 500 || answer.status === 504, `${what}: ${answer.text}`)
    }
  }
})

test('every kind can be watched in every form, bookmarks included', async () => {
  await using api = await registryFixture()
  for (const entry of stored) {
    for (const accept of [accepts[0], accepts[2], accepts[3], accepts[4]]) {
      const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
      const path = `${collection(entry)}?${query}&allowWatchBookmarks=true`
      let bytes = 0
      for await (const chunk of await api.stream(path, { accept: accept ?? '' })) {
        bytes += chunk.length
        if (bytes > 0) break
      }
      assert.ok(bytes > 0, `${accept} ${path}`)
    }
  }
})
