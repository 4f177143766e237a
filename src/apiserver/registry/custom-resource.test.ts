import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBody } from '../../api/decode.ts'
import type { KindEntry } from '../../api/kinds.ts'
import { patchObject } from '../../api/patch/patch.ts'
import { strategyOf } from '../../api/strategies.ts'
import { tableFormOf } from '../../api/table.ts'
import { deletionRules } from './deletion-rules.ts'
import { notAcceptable } from './errors.ts'
import { registryFixture } from './registry-fixture.ts'
import type { Resource } from './resource.ts'
import { customStoragePrefix } from './storage-prefix.ts'
import { layoutOf } from './stored-bytes.ts'

const entry: KindEntry = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  def: '',
}

/** A kind whose schema is not among the built-in ones. */
function widgets(): Resource {
  const target = { group: entry.group, version: entry.version, kind: entry.kind }
  return {
    entry,
    apiVersion: 'example.com/v1',
    storage: {
      prefix: customStoragePrefix(entry),
      layout: layoutOf({ kind: 'Widget', apiVersion: 'example.com/v1' }, { hasTypedItems: true }),
      conversion: undefined,
    },
    codec: {
      hasProtobuf: false,
      decode: (body, { mediaType, fieldValidation }) =>
        decodeBody(target, body, mediaType, { fieldValidation }),
      patchTypes: ['json', 'merge'],
      patch: (current, { type: kind, body: bytes, fieldValidation }) =>
        patchObject(target, current, { kind, bytes, fieldValidation }),
      encodeProtobuf: () => {
        throw notAcceptable(['application/json', 'application/yaml'])
      },
      table: tableFormOf({ group: entry.group, kind: entry.kind }),
    },
    strategy: strategyOf(entry),
    deletion: deletionRules(entry),
  }
}

const path = '/apis/example.com/v1/namespaces/default/widgets'
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, size: 3 }

test('a resource can be added, used, and taken away while others are served', async () => {
  await using api = await registryFixture()
  assert.equal((await api.ask(`GET ${path}`)).status, 404)
  const resource = widgets()
  api.registry.add(resource)
  const events = await api.watch(`${path}?watch=1&resourceVersion=2`)
  const created = await api.ask(`POST ${path}`, { body: widget })
  assert.equal(created.status, 201, created.text)
  assert.equal(created.json.size, 3)
  assert.equal((await events.next()).object.kind, 'Widget')
  const { json } = await api.ask(`GET ${path}`)
  assert.equal(json.items[0].kind, 'Widget')
  assert.equal((await api.store.range('/registry/example.com/widgets/')).entries.length, 1)
  const patched = await api.ask(`PATCH ${path}/a`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { size: 4 },
  })
  assert.equal(patched.json.size, 4)
  const strategic = await api.ask(`PATCH ${path}/a`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: {},
  })
  assert.equal(strategic.status, 415)
  const accept = 'application/vnd.kubernetes.protobuf,application/json'
  const negotiated = await api.ask(`GET ${path}/a`, { headers: { accept } })
  assert.equal(negotiated.contentType, 'application/json')
  assert.equal((await events.next()).type, 'MODIFIED')
  api.registry.remove(resource)
  assert.equal(await events.next(), undefined)
  assert.equal((await api.ask(`GET ${path}`)).status, 404)
})
