import assert from 'node:assert/strict'
import { test } from 'node:test'
import { servedKinds } from '../metrics/served-kinds.ts'
import { crdFixture, definition, definitionsPath, versionOf, widgetSchema } from './crd-fixture.ts'

const widgets = '/apis/example.com/v1/namespaces/default/widgets'

function widget(name: string, spec: object, more: object = {}): object {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec, ...more }
}

const merge = { 'content-type': 'application/merge-patch+json' }

test('a definition is established and its objects are pruned, defaulted and kept', async () => {
  await using api = await crdFixture()
  await api.install(definition({ shortNames: ['wd'] }))
  const { json } = await api.ask(`GET ${definitionsPath}/widgets.example.com`)
  assert.deepEqual(json.status.acceptedNames, {
    kind: 'Widget',
    listKind: 'WidgetList',
    plural: 'widgets',
    shortNames: ['wd'],
    singular: 'widget',
  })
  assert.deepEqual(json.status.storedVersions, ['v1'])
  assert.deepEqual(await api.conditionOf('widgets.example.com', 'NamesAccepted'), {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  })
  const spec = { size: 3, odd: 1, free: { any: [1] }, parts: [{ id: 'a' }], port: 'http' }
  const created = await api.ask(`POST ${widgets}`, {
    body: widget('a', spec, { status: { phase: 'New' }, other: 2 }),
  })
  assert.equal(created.status, 201, created.text)
  const {
    uid: _u,
    creationTimestamp: _c,
    resourceVersion: _r,
    managedFields: _m,
    ...metadata
  } = created.json.metadata
  assert.deepEqual(
    { ...created.json, metadata },
    {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a', namespace: 'default', generation: 1 },
      spec: {
        size: 3,
        free: { any: [1] },
        parts: [{ id: 'a', count: 1 }],
        port: 'http',
        color: 'red',
      },
    },
  )
  const list = await api.ask(`GET ${widgets}`)
  assert.equal(list.json.kind, 'WidgetList')
  assert.equal(list.json.items[0].kind, 'Widget')
})

test('what is wrong with an object is said in upstream words, field by field', async () => {
  await using api = await crdFixture()
  await api.install(definition())
  const spec = {
    size: 0,
    color: 'green',
    name: 'A',
    port: true,
    parts: [{ id: 'x' }, { id: 'x' }],
  }
  const { status, json } = await api.ask(`POST ${widgets}`, { body: widget('a', spec) })
  assert.equal(status, 422)
  assert.deepEqual(
    json.details.causes.map(({ field, message }: { field: string; message: string }) => [
      field,
      message,
    ]),
    [
      ['spec.size', 'Invalid value: 0: spec.size in body should be greater than or equal to 1'],
      ['spec.color', 'Unsupported value: "green": supported values: "red", "blue"'],
      ['spec.name', 'Invalid value: "A": spec.name in body should match \'^[a-z]+$\''],
      [
        'spec.port',
        'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      ],
      ['spec.parts[1]', 'Duplicate value: {"id":"x"}'],
    ],
  )
  const missing = await api.ask(`POST ${widgets}`, { body: widget('a', {}) })
  assert.equal(missing.json.message, 'Widget.example.com "a" is invalid: spec.size: Required value')
  const strict = await api.ask(`POST ${widgets}?fieldValidation=Strict`, {
    body: widget('a', { size: 1, odd: 1 }),
  })
  assert.equal(
    strict.json.message,
    'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.odd"',
  )
  const warned = await api.ask(`POST ${widgets}?fieldValidation=Warn`, {
    body: widget('a', { size: 1, odd: 1 }),
  })
  assert.deepEqual(warned.warnings, ['unknown field "spec.odd"'])
})

test('status and spec are written apart, and only the spec counts the generation', async () => {
  await using api = await crdFixture()
  await api.install(definition())
  await api.ask(`POST ${widgets}`, { body: widget('a', { size: 1 }) })
  const asked = { headers: merge, body: { spec: { size: 2 }, status: { phase: 'On' } } }
  const viaStatus = await api.ask(`PATCH ${widgets}/a/status`, asked)
  assert.equal(viaStatus.json.spec.size, 1)
  assert.deepEqual(viaStatus.json.status, { phase: 'On' })
  assert.equal(viaStatus.json.metadata.generation, 1)
  const viaMain = await api.ask(`PATCH ${widgets}/a`, {
    headers: merge,
    body: { spec: { size: 2 }, status: { phase: 'Off' } },
  })
  assert.deepEqual(viaMain.json.status, { phase: 'On' })
  assert.equal(viaMain.json.metadata.generation, 2)
  const wrong = await api.ask(`PATCH ${widgets}/a/status`, {
    headers: merge,
    body: { status: { replicas: 'x' } },
  })
  assert.equal(
    wrong.json.message,
    'Widget.example.com "a" is invalid: status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"',
  )
  const strategic = await api.ask(`PATCH ${widgets}/a`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: {},
  })
  assert.equal(strategic.status, 415)
})

test('versions are served at once; older objects get the defaults of today', async () => {
  await using api = await crdFixture()
  await api.install(definition())
  await api.ask(`POST ${widgets}`, { body: widget('a', { size: 1 }) })
  const current = (await api.ask(`GET ${definitionsPath}/widgets.example.com`)).json
  const spec = widgetSchema.properties?.['spec']
  const newer = {
    ...widgetSchema,
    properties: {
      ...widgetSchema.properties,
      spec: {
        ...spec,
        properties: { ...spec?.properties, mode: { type: 'string', default: 'm' } },
      },
    },
  }
  current.spec.versions = [
    versionOf('v1', { storage: false, deprecated: true }),
    versionOf('v2', { schema: { openAPIV3Schema: newer } }),
  ]
  const updated = await api.served(() =>
    api.ask(`PUT ${definitionsPath}/widgets.example.com`, { body: current }),
  )
  assert.equal(updated.status, 200, updated.text)
  assert.deepEqual(updated.json.status.storedVersions, ['v1', 'v2'])
  const path = '/apis/example.com/v2/namespaces/default/widgets/a'
  const read = await api.ask(`GET ${path}`)
  assert.equal(read.json.apiVersion, 'example.com/v2')
  assert.equal(read.json.spec.mode, 'm')
  const old = await api.ask(`GET ${widgets}/a`)
  assert.equal(old.json.apiVersion, 'example.com/v1')
  assert.deepEqual(old.warnings, ['example.com/v1 Widget is deprecated; use example.com/v2 Widget'])
  const named = servedKinds(api.custom.liveKinds, api.registry.resourceOf)
  const deprecated = ['v1', 'v2', 'v3'].filter((version) =>
    named.isDeprecated({ group: 'example.com', version, resource: 'widgets' }),
  )
  assert.deepEqual(deprecated, ['v1'])
  assert.deepEqual(
    api.custom
      .liveKinds()
      .filter(({ group }) => group === 'example.com')
      .map(({ version }) => version),
    ['v1', 'v2'],
  )
  const dropped = { ...updated.json }
  dropped.spec.versions = dropped.spec.versions.slice(1)
  const fresh = (await api.ask(`GET ${definitionsPath}/widgets.example.com`)).json
  const refused = await api.ask(`PUT ${definitionsPath}/widgets.example.com`, {
    body: { ...fresh, spec: dropped.spec },
  })
  assert.match(
    refused.json.message,
    /status.storedVersions\[0\]: Invalid value: "v1": missing from/,
  )
})

test('a name that is taken is refused until it is free', async () => {
  await using api = await crdFixture()
  await api.install(definition({ shortNames: ['x'] }))
  const other = definition({ plural: 'gadgets', kind: 'Gadget', shortNames: ['x'] })
  await api.ask(`POST ${definitionsPath}`, { body: other })
  const refused = await api.eventually(async () => {
    const found = await api.conditionOf('gadgets.example.com', 'NamesAccepted')
    return found.status ? found : undefined
  })
  assert.deepEqual(refused, {
    type: 'NamesAccepted',
    status: 'False',
    reason: 'ShortNamesConflict',
    message: '"x" is already in use',
  })
  assert.deepEqual(await api.conditionOf('gadgets.example.com', 'Established'), {
    type: 'Established',
    status: 'False',
    reason: 'NotAccepted',
    message: 'not all names are accepted',
  })
  await api.ask(`DELETE ${definitionsPath}/widgets.example.com`)
  const accepted = await api.eventually(async () => {
    const found = await api.conditionOf('gadgets.example.com', 'Established')
    return found.status === 'True' ? found : undefined
  })
  assert.equal(accepted.reason, 'InitialNamesAccepted')
})

test('a deleted definition takes its objects along, finalizers first', async () => {
  await using api = await crdFixture()
  await api.install(definition())
  await api.namespace('other')
  const held = { name: 'held', finalizers: ['example.com/hold'] }
  await api.ask(`POST ${widgets}`, { body: widget('a', { size: 1 }) })
  await api.ask('POST /apis/example.com/v1/namespaces/other/widgets', {
    body: { ...widget('held', { size: 1 }), metadata: held },
  })
  const deleted = await api.ask(`DELETE ${definitionsPath}/widgets.example.com`)
  assert.deepEqual(deleted.json.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io'])
  const terminating = await api.eventually(async () => {
    const found = await api.conditionOf('widgets.example.com', 'Terminating')
    return found.reason === 'InstanceDeletionInProgress' ? found : undefined
  })
  assert.equal(terminating.message, 'CustomResource deletion is in progress')
  const refused = await api.ask(`POST ${widgets}`, { body: widget('b', { size: 1 }) })
  assert.equal(
    refused.json.message,
    'widgets.example.com "b" is forbidden: create not allowed while custom resource definition is terminating',
  )
  const freed = await api.ask('PATCH /apis/example.com/v1/namespaces/other/widgets/held', {
    headers: merge,
    body: { metadata: { finalizers: null } },
  })
  assert.equal(freed.status, 200, freed.text)
  await api.eventually(async () => (await api.ask(`GET ${widgets}`)).status === 404 || undefined)
  assert.equal((await api.ask(`GET ${definitionsPath}/widgets.example.com`)).status, 404)
  assert.equal((await api.store.range('/registry/example.com/')).entries.length, 0)
})

test('a watch shows objects in its version; selectors and tables go by the definition', async () => {
  await using api = await crdFixture()
  const columns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Parts', type: 'string', jsonPath: '.spec.parts[*].id' },
  ]
  const version = versionOf('v1', {
    additionalPrinterColumns: columns,
    selectableFields: [{ jsonPath: '.spec.color' }],
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
    },
  })
  await api.install(definition({ versions: [version] }))
  const { resourceVersion } = (await api.ask(`GET ${widgets}`)).json.metadata
  const events = await api.watch(
    `${widgets}?watch=1&fieldSelector=spec.color%3Dblue&resourceVersion=${resourceVersion}`,
  )
  await api.ask(`POST ${widgets}`, { body: widget('a', { size: 1 }) })
  await api.ask(`POST ${widgets}`, { body: widget('b', { size: 2, color: 'blue' }) })
  assert.equal((await events.next()).object.metadata.name, 'b')
  events.stop()
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const table = await api.ask(`GET ${widgets}`, { headers: { accept } })
  assert.deepEqual(
    table.json.columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'Size', 'Parts'],
  )
  assert.deepEqual(table.json.rows[1].cells, ['b', 2, null])
  const scaled = await api.ask(`PATCH ${widgets}/a/scale`, {
    headers: merge,
    body: { spec: { replicas: 4 } },
  })
  assert.equal(scaled.json.spec.replicas, 4)
  assert.equal((await api.ask(`GET ${widgets}/a`)).json.spec.size, 4)
  const negative = { ...scaled.json, metadata: { name: 'a' }, spec: { replicas: -1 } }
  assert.match(
    (await api.ask(`PUT ${widgets}/a/scale`, { body: negative })).json.message,
    /Widget.* "a" is invalid: .*, \.spec\.size: Invalid value: -1: should be a non-negative integer\]$/,
  )
  await api.ask(`POST ${widgets}`, { body: { ...widget('none', {}), spec: undefined } })
  assert.equal(
    (await api.ask(`GET ${widgets}/none/scale`)).json.message,
    'Internal error occurred: the spec replicas field ".spec.size" does not exist',
  )
  const empty = await api.ask(`PATCH ${widgets}/none/scale`, { headers: merge, body: {} })
  assert.equal(empty.json.message, 'the spec replicas field ".spec.size" cannot be empty')
  const unknown = await api.ask(`GET ${widgets}?fieldSelector=spec.size%3D1`)
  assert.equal(unknown.status, 400)
})

test('definitions that are not structural are refused with the place of each fault', async () => {
  await using api = await crdFixture()
  const refused = async (schema: object) => {
    const { json } = await api.ask(`POST ${definitionsPath}`, {
      body: definition({ versions: [versionOf('v1', { schema: { openAPIV3Schema: schema } })] }),
    })
    return json.details?.causes?.map(
      ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
    )
  }
  const path = 'spec.validation.openAPIV3Schema'
  assert.deepEqual(await refused({ properties: { spec: { properties: {} } } }), [
    `${path}.properties[spec].type: Required value: must not be empty for specified object fields`,
    `${path}.type: Required value: must not be empty at the root`,
  ])
  assert.deepEqual(
    await refused({
      type: 'object',
      properties: { a: { type: 'array' }, b: { type: 'string', default: 1 } },
    }),
    [`${path}.properties[a].items: Required value: must be specified`],
  )
  assert.deepEqual(
    await refused({ type: 'object', properties: { b: { type: 'string', default: 1 } } }),
    [
      `${path}.properties[b].default: Invalid value: "integer":  in body must be of type string: "integer"`,
    ],
  )
})
