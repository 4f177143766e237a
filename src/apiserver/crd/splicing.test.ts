// What is spliced from stored bytes must be what would have been made of the object.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crdFixture, definition, definitionsPath, versionOf } from './crd-fixture.ts'

const path = (version: string) => `/apis/example.com/${version}/namespaces/default/widgets`
const merge = { 'content-type': 'application/merge-patch+json' }

const versions = (spec: object) =>
  ['v1', 'version2'].map((name) =>
    versionOf(name, {
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: spec } },
        },
      },
    }),
  )

const before = { size: { type: 'integer' }, color: { type: 'string' } }
const after = { size: { type: 'integer' }, shape: { type: 'string', default: 'round' } }

test('every version shows what its schema makes of an object, however often it was read', async () => {
  await using api = await crdFixture()
  await api.install(definition({ versions: versions(before) }))
  for (const name of ['a', 'b']) {
    const body = {
      ...{ apiVersion: 'example.com/version2', kind: 'Widget' },
      metadata: { name },
      spec: { size: 1, color: 'grün' },
    }
    assert.equal((await api.ask(`POST ${path('version2')}`, { body })).status, 201)
  }

  async function seen(version: string) {
    const one = await api.ask(`GET ${path(version)}/a`)
    const list = await api.ask(`GET ${path(version)}`)
    const pretty = await api.ask(`GET ${path(version)}?pretty=1`)
    assert.deepEqual(list.json, pretty.json)
    assert.deepEqual(list.json.items[0], one.json)
    const events = await api.watch(`${path(version)}?watch=1&sendInitialEvents=true&${exact}`)
    const first = await events.next()
    events.stop()
    assert.deepEqual(first, { type: 'ADDED', object: one.json })
    assert.equal(one.json.apiVersion, `example.com/${version}`)
    return { spec: one.json.spec, text: list.text }
  }

  for (const version of ['v1', 'version2']) {
    const first = await seen(version)
    assert.deepEqual(first.spec, { size: 1, color: 'grün' })
    assert.deepEqual(await seen(version), first)
  }
  const patched = await api.served(() =>
    api.ask(`PATCH ${definitionsPath}/widgets.example.com`, {
      headers: merge,
      body: { spec: { versions: versions(after) } },
    }),
  )
  assert.equal(patched.status, 200, patched.text)
  for (const version of ['v1', 'version2']) {
    assert.deepEqual((await seen(version)).spec, { size: 1, shape: 'round' })
  }
  await api.ask(`PATCH ${path('v1')}/a`, { headers: merge, body: { spec: { size: 2 } } })
  for (const version of ['v1', 'version2']) {
    assert.deepEqual((await seen(version)).spec, { size: 2, shape: 'round' })
  }
})

const exact = 'resourceVersionMatch=NotOlderThan'
