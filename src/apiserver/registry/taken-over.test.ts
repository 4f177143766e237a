import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conform } from '../../api/conform.ts'
import { applyDefaults } from '../../api/defaults/defaults.ts'
import { copyOf } from '../../api/draft.ts'
import { apiVersionOf, kindEntry, kinds } from '../../api/kinds.ts'
import { messageOf } from '../../api/messages.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { encodeMessage } from '../../wire/protobuf/encode.ts'
import { sealEnvelope } from '../../wire/protobuf/envelope.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import { fullObject } from '../testing/full-object.ts'
import { readableValue, takenOver } from './taken-over.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value)

const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', labels: { x: 'y' } },
  data: { key: 'value' },
}
const own =
  '{"kind":"ConfigMap","apiVersion":"v1",' +
  '"metadata":{"name":"a","namespace":"default","labels":{"x":"y"}},"data":{"key":"value"}}'

test('an object in protobuf is read as the registry would have written it', () => {
  assert.deepEqual(JSON.parse(text(readableValue(kubernetesProtobuf.write(configMap)))), configMap)
  assert.match(
    text(readableValue(kubernetesProtobuf.write(configMap))),
    /^\{"kind":"ConfigMap","api/,
  )
})

test('the newline that kube-apiserver ends JSON with is left out', () => {
  assert.equal(text(readableValue(bytes(`${own}\n`))), own)
})

test('a custom resource, whose fields come in alphabetical order, gets the order of the registry', () => {
  const stored = '{"apiVersion":"example.com/v1","kind":"Fox","metadata":{"name":"a"},"spec":{}}\n'
  assert.equal(
    text(readableValue(bytes(stored))),
    '{"kind":"Fox","apiVersion":"example.com/v1","metadata":{"name":"a"},"spec":{}}',
  )
})

test('what the registry wrote, and what nobody here can read, stays the same bytes', () => {
  for (const value of [
    bytes(own),
    bytes('k8s:enc:aescbc:v1:key1:...'),
    bytes('{"a":1}'),
    bytes(''),
  ])
    assert.equal(readableValue(value), value)
})

test('reads, refusals and watches of the store are all readable', async () => {
  await using inner = await memoryStore()
  const store = takenOver(inner)
  await inner.put('/a', bytes(`${own}\n`), 0)
  await inner.put('/a', bytes(`${own}\n`), 2)
  assert.equal(text((await store.get('/a'))?.value), own)
  assert.equal(text((await store.range('/')).entries[0]?.value), own)
  const refused = await store.put('/a', bytes('{}'), 0)
  assert.equal(!refused.ok && text(refused.current?.value), own)
  const stop = new AbortController()
  for await (const { changes } of store.watch('/', { fromRevision: 3, signal: stop.signal })) {
    assert.deepEqual(
      changes.map(({ value, previous }) => [text(value), text(previous?.value)]),
      [[own, own]],
    )
    stop.abort()
  }
})

/** As kube-apiserver keeps an object of this version; the message is that of the kind today. */
function inProtobuf(kind: Parameters<typeof kindEntry>[0], apiVersion: string, object: object) {
  const raw = encodeMessage(messageOf(kindEntry(kind).def), { ...object })
  return sealEnvelope({ apiVersion, kind, raw })
}

const readObject = (value: Uint8Array) => JSON.parse(text(readableValue(value)))

test('every field of every kind is read from protobuf', () => {
  const other = ['HorizontalPodAutoscaler', 'Event']
  for (const entry of kinds.filter(
    ({ stored, kind }) => stored !== false && !other.includes(kind),
  )) {
    const object = fullObject(entry.def)
    conform(entry.def, object)
    const names = { kind: entry.kind, apiVersion: apiVersionOf(entry) }
    const {
      resourceVersion: _,
      selfLink: _link,
      ...metadata
    } = object['metadata'] as object & {
      resourceVersion: string
      selfLink: string
    }
    const wanted = copyOf({ ...object, ...names, metadata })
    applyDefaults(wanted)
    assert.deepEqual(
      readObject(kubernetesProtobuf.write({ ...object, ...names })),
      wanted,
      entry.kind,
    )
  }
})

test('a field that is younger than its writer has its default', () => {
  const { spec } = readObject(inProtobuf('Job', 'batch/v1', { metadata: { name: 'a' }, spec: {} }))
  assert.equal(spec.completionMode, 'NonIndexed')
})

test('a beta version that became the one we keep is read as that one', () => {
  const spec = { cidrs: ['10.96.0.0/16'] }
  const object = { metadata: { name: 'kubernetes' }, spec }
  const stored = inProtobuf('ServiceCIDR', 'networking.k8s.io/v1beta1', object)
  const { apiVersion, ...rest } = readObject(stored)
  assert.equal(apiVersion, 'networking.k8s.io/v1')
  assert.deepEqual(rest.spec, spec)
})

test('an autoscaler of v1 is read as the v2 that is kept', () => {
  const object = {
    metadata: { name: 'a', namespace: 'default' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
    },
  }
  const names = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' }
  const { apiVersion, spec } = readObject(kubernetesProtobuf.write({ ...names, ...object }))
  assert.equal(apiVersion, 'autoscaling/v2')
  assert.deepEqual(spec.metrics, [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
    },
  ])
})

test('a definition of custom resources is kept as v1beta1 by kube-apiserver, and read as v1', () => {
  const schema = { openAPIV3Schema: { type: 'object' } }
  const names = { plural: 'foxes', singular: 'fox', kind: 'Fox', listKind: 'FoxList' }
  const column = { name: 'Size', type: 'string', JSONPath: '.spec.size' }
  const clientConfig = { url: 'https://example.com' }
  const stored = {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    metadata: { name: 'foxes.example.com' },
    spec: {
      ...{ group: 'example.com', version: 'v1', names, scope: 'Namespaced', validation: schema },
      subresources: { status: {} },
      additionalPrinterColumns: [column],
      versions: [
        { name: 'v1', served: true, storage: true },
        { name: 'v2', served: true, storage: false, additionalPrinterColumns: [] },
      ],
      conversion: {
        strategy: 'Webhook',
        webhookClientConfig: clientConfig,
        conversionReviewVersions: ['v1'],
      },
      preserveUnknownFields: false,
    },
  }
  const both = { schema, subresources: { status: {} }, served: true }
  const jsonPath = { name: 'Size', type: 'string', jsonPath: '.spec.size' }
  assert.deepEqual(readObject(bytes(`${JSON.stringify(stored)}\n`)), {
    ...stored,
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: {
      ...{ group: 'example.com', names, scope: 'Namespaced', preserveUnknownFields: false },
      versions: [
        { ...both, name: 'v1', storage: true, additionalPrinterColumns: [jsonPath] },
        { ...both, name: 'v2', storage: false, additionalPrinterColumns: [] },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig, conversionReviewVersions: ['v1'] },
      },
    },
  })
})

test('a custom resource of a beta version, and a record of ports, stay the same bytes', () => {
  const fox = '{"kind":"Fox","apiVersion":"example.com/v1beta1","metadata":{"name":"a"}}'
  const record = sealEnvelope({ apiVersion: 'v1', kind: 'RangeAllocation', raw: bytes('x') })
  for (const value of [bytes(fox), record]) assert.equal(readableValue(value), value)
})
