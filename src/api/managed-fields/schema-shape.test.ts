import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, isDraft } from '../draft.ts'
import type { Schema } from '../structural/schema.ts'
import { applyFields, recordFields } from './field-management.ts'
import { shapeOfSchema } from './schema-shape.ts'

const port: Schema = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    protocol: { type: 'string', default: 'TCP' },
    note: { type: 'string' },
  },
}

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        plain: { type: 'array', items: { type: 'string' } },
        names: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        ports: {
          type: 'array',
          items: port,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        whole: {
          type: 'object',
          properties: { a: { type: 'string' } },
          'x-kubernetes-map-type': 'atomic',
        },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        either: { 'x-kubernetes-int-or-string': true },
      },
    },
  },
}

const target = { group: 'example.com', version: 'v1', kind: 'Widget', hasStatus: false }
const by = { target, subresource: '', now: new Date('2026-01-01T00:00:00Z') }

function widget(spec: Draft): Draft {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, spec }
}

function ownedSpec(object: Draft): unknown {
  const { metadata } = object
  const list = isDraft(metadata) ? metadata['managedFields'] : undefined
  const entry = Array.isArray(list) ? list[0] : undefined
  const fields = isDraft(entry) ? entry['fieldsV1'] : undefined
  return isDraft(fields) ? fields['f:spec'] : undefined
}

test('a custom resource is owned by the list and map types of its schema', () => {
  const object = widget({
    plain: ['x'],
    names: ['n'],
    ports: [{ port: 80 }],
    labels: { a: '1' },
    whole: { a: '1' },
    open: { deep: { er: 1 } },
    either: 5,
  })
  recordFields(object, undefined, { ...by, shape: shapeOfSchema(schema), manager: 'm' })
  assert.deepEqual(ownedSpec(object), {
    '.': {},
    'f:plain': {},
    'f:names': { '.': {}, 'v:"n"': {} },
    'f:ports': {
      '.': {},
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} },
    },
    'f:labels': { '.': {}, 'f:a': {} },
    'f:whole': {},
    'f:open': { '.': {}, 'f:deep': { '.': {}, 'f:er': {} } },
    'f:either': {},
  })
})

test('two appliers share a keyed list of a custom resource', () => {
  const shape = shapeOfSchema(schema)
  const apply = (live: Draft | undefined, config: Draft, manager: string) =>
    applyFields(live, config, { ...by, shape, manager, force: false })
  const first = apply(undefined, widget({ ports: [{ port: 80, note: 'a' }] }), 'one')
  const both = apply(first, widget({ ports: [{ port: 81 }] }), 'two')
  assert.deepEqual(both['spec'], { ports: [{ port: 80, note: 'a' }, { port: 81 }] })
  assert.throws(
    () => apply(both, widget({ ports: [{ port: 80, note: 'b' }] }), 'two'),
    /conflict with "one": \.spec\.ports\[port=80,protocol="TCP"\]\.note/,
  )
  const without = apply(both, widget({}), 'one')
  assert.deepEqual(without['spec'], { ports: [{ port: 81 }] })
})

test('without a schema fields are owned by what they hold', () => {
  const object = widget({ list: [1], map: { a: 1 } })
  recordFields(object, undefined, { ...by, shape: shapeOfSchema(undefined), manager: 'm' })
  assert.deepEqual(ownedSpec(object), { '.': {}, 'f:list': {}, 'f:map': { '.': {}, 'f:a': {} } })
})
