import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, type Draft, isDraft } from '../../api/draft.ts'
import { apiVersionOf, type Kind, kindEntry, pathOf } from '../../api/kinds.ts'
import { valid } from '../../api/validation/validation-fixture.ts'
import { registryFixture } from './registry-fixture.ts'

// The life that every kind can have, step by step: made, found, watched, changed, deleted.

const merge = { 'content-type': 'application/merge-patch+json' }

for (const [kind, fields] of Object.entries(valid) as [Kind, Draft][]) {
  const entry = kindEntry(kind)
  const place = pathOf(entry, entry.namespaced ? 'default' : undefined)
  const named = (name: string): Draft => ({
    apiVersion: apiVersionOf(entry),
    kind: entry.kind,
    ...copyOf(fields),
    metadata: { name, labels: { life: 'test' } },
  })

  test(`${kind}: made, found, watched, changed, deleted`, async () => {
    await using api = await registryFixture({ plugins: [] })
    const selected = `${place}?labelSelector=life%3Dtest`
    const before = await api.ask(`GET ${selected}`)
    const since = before.json.metadata.resourceVersion
    const watching = await api.watch(`${selected}&watch=1&resourceVersion=${since}`)

    const made = await api.ask(`POST ${place}`, { body: inPlace(named('one')) })
    assert.equal(made.status, 201, made.text)
    const path = `${place}/one`
    assert.deepEqual((await api.ask(`GET ${path}`)).json, made.json)
    const list = await api.ask(`GET ${selected}`)
    assert.equal(list.json.items.length, 1)

    const annotated = await api.ask(`PATCH ${path}`, {
      headers: merge,
      body: { metadata: { annotations: { patched: 'true' } } },
    })
    assert.equal(annotated.status, 200, annotated.text)
    const next = { ...annotated.json }
    next.metadata.annotations.updated = 'true'
    const updated = await api.ask(`PUT ${path}`, { body: next })
    assert.equal(updated.status, 200, updated.text)
    assert.deepEqual(updated.json.metadata.annotations.updated, 'true')

    // Namespaces go one at a time.
    const isCollected = entry.verbs.includes('deletecollection')
    const deleted = await api.ask(`DELETE ${isCollected ? selected : path}`)
    assert.equal(deleted.status, 200, deleted.text)
    const types: string[] = []
    while (types.length < 4) types.push((await watching.next())?.type)
    watching.stop()
    assert.deepEqual(types.slice(0, 3), ['ADDED', 'MODIFIED', 'MODIFIED'])
    assert.match(types[3] ?? '', /^(DELETED|MODIFIED)$/)
  })

  if (!entry.subresources?.['status']) continue
  test(`${kind}: its status is read, patched and replaced, and its spec stays`, async () => {
    await using api = await registryFixture({ plugins: [] })
    await api.ask(`POST ${place}`, { body: inPlace(named('one')) })
    const path = `${place}/one/status`
    const read = await api.ask(`GET ${path}`)
    assert.equal(read.status, 200, read.text)
    const patched = await api.ask(`PATCH ${path}`, {
      headers: merge,
      body: { metadata: { annotations: { patched: 'true' } } },
    })
    assert.equal(patched.status, 200, patched.text)
    assert.equal(patched.json.metadata.annotations?.patched, 'true')
    assert.deepEqual(patched.json.spec, read.json.spec)
    const replaced = await api.ask(`PUT ${path}`, { body: patched.json })
    assert.equal(replaced.status, 200, replaced.text)
  })
}

function inPlace(object: Draft): Draft {
  const involved = object['involvedObject']
  if (isDraft(involved)) involved['namespace'] = 'default'
  return object
}
