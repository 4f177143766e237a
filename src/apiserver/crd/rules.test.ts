import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../api/types.gen.ts'
import { crdFixture, definition, definitionsPath } from './crd-fixture.ts'

const widgets = '/apis/example.com/v1/namespaces/default/widgets'
const merge = { 'content-type': 'application/merge-patch+json' }

const schema: JSONSchemaProps = {
  type: 'object',
  'x-kubernetes-validations': [
    { rule: "self.metadata.name.startsWith('w')", message: 'names begin with w' },
  ],
  properties: {
    spec: {
      type: 'object',
      required: ['least', 'most'],
      'x-kubernetes-validations': [
        { rule: 'self.least <= self.most', fieldPath: '.least', reason: 'FieldValueForbidden' },
      ],
      properties: {
        least: { type: 'integer' },
        most: {
          type: 'integer',
          'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'may only grow' }],
        },
        color: { type: 'string' },
      },
    },
    status: {
      type: 'object',
      properties: {
        count: {
          type: 'integer',
          'x-kubernetes-validations': [
            { rule: 'self % 2 == 0', messageExpression: "'odd: %d'.format([self])" },
          ],
        },
      },
    },
  },
}

const widget = (name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
})

test('rules are checked on every write of an object, also of its status', async () => {
  await using api = await crdFixture()
  await api.install(definition({ schema }))
  const refused = await api.ask(`POST ${widgets}`, { body: widget('x', { least: 3, most: 2 }) })
  assert.equal(refused.status, 422)
  assert.equal(
    refused.json.message,
    'Widget.example.com "x" is invalid: [<nil>: Invalid value: names begin with w, spec.least: Forbidden: failed rule: self.least <= self.most]',
  )
  const unsound = await api.ask(`POST ${widgets}`, { body: widget('x', { least: 3 }) })
  assert.equal(
    unsound.json.message,
    'Widget.example.com "x" is invalid: [spec.most: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  )
  const made = await api.ask(`POST ${widgets}`, { body: widget('w', { least: 1, most: 2 }) })
  assert.equal(made.status, 201, made.text)
  const shrunk = await api.ask(`PATCH ${widgets}/w`, {
    headers: merge,
    body: { spec: { most: 1 } },
  })
  assert.equal(
    shrunk.json.message,
    'Widget.example.com "w" is invalid: spec.most: Invalid value: 1: may only grow',
  )
  const odd = await api.ask(`PATCH ${widgets}/w/status`, {
    headers: merge,
    body: { status: { count: 3 } },
  })
  assert.equal(
    odd.json.message,
    'Widget.example.com "w" is invalid: status.count: Invalid value: 3: odd: 3',
  )
  assert.deepEqual(odd.json.details.causes, [
    { reason: 'FieldValueInvalid', message: 'Invalid value: 3: odd: 3', field: 'status.count' },
  ])
})

test('what broke a rule before it was made may stay as it is, with a warning', async () => {
  await using api = await crdFixture()
  await api.install(definition({ schema: { ...schema, 'x-kubernetes-validations': [] } }))
  const { spec } = schema.properties ?? {}
  const loose: JSONSchemaProps = { ...spec, 'x-kubernetes-validations': [] }
  const properties = { ...schema.properties, spec: loose }
  const versions = (openAPIV3Schema: JSONSchemaProps) => [
    { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } },
  ]
  const path = `${definitionsPath}/widgets.example.com`
  const change = (openAPIV3Schema: JSONSchemaProps) =>
    api.served(() =>
      api.ask(`PATCH ${path}`, {
        headers: merge,
        body: { spec: { versions: versions(openAPIV3Schema) } },
      }),
    )
  assert.equal((await change({ type: 'object', properties })).status, 200)
  const broken = { least: 3, most: 2 }
  const old = await api.ask(`POST ${widgets}`, { body: widget('w', broken) })
  assert.equal(old.status, 201)
  await change({ type: 'object', properties: schema.properties ?? {} })
  const refused = await api.ask(`POST ${widgets}?dryRun=All`, { body: widget('w2', broken) })
  assert.equal(refused.status, 422)
  const labelled = await api.ask(`PATCH ${widgets}/w`, {
    headers: merge,
    body: { metadata: { labels: { a: 'b' } } },
  })
  assert.equal(labelled.status, 200, labelled.text)
  assert.deepEqual(labelled.warnings, [
    'spec.least: Forbidden: failed rule: self.least <= self.most',
  ])
  const changed = await api.ask(`PATCH ${widgets}/w`, {
    headers: merge,
    body: { spec: { color: 'red' } },
  })
  assert.equal(changed.status, 422)
})

test('a definition whose rules do not compile is refused', async () => {
  await using api = await crdFixture()
  const broken: JSONSchemaProps = {
    type: 'object',
    properties: {
      spec: { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.size > 1' }] },
    },
  }
  const { status, json } = await api.ask(`POST ${definitionsPath}`, {
    body: definition({ schema: broken }),
  })
  assert.equal(status, 422)
  assert.match(
    json.message,
    /spec\.validation\.openAPIV3Schema\.properties\[spec\]\.x-kubernetes-validations\[0\]\.rule: Invalid value: .* undefined field 'size'/,
  )
})
