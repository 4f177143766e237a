import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conform } from '../api/conform.ts'
import { decodeBody } from '../api/decode.ts'
import type { Draft, DraftValue } from '../api/draft.ts'
import { kindEntry, kinds } from '../api/kinds.ts'
import { messageOf } from '../api/messages.ts'
import { protobufReader } from '../api/protobuf-reader.ts'
import { definitionOf, type Field, type SpecialForm } from '../api/schema.ts'
import { decodeMessage } from '../wire/protobuf/decode.ts'
import { encodeMessage } from '../wire/protobuf/encode.ts'
import { openEnvelope, sealEnvelope } from '../wire/protobuf/envelope.ts'

const specials: Readonly<Record<SpecialForm, DraftValue>> = {
  time: '2026-01-02T03:04:05Z',
  microTime: '2026-01-02T03:04:05.123456Z',
  quantity: '1500m',
  intOrString: '25%',
  rawExtension: { a: [1, { b: 'c' }] },
  fieldsV1: { 'f:a': {} },
  json: { x: null },
  patch: {},
  schemaOrArray: { type: 'string' },
  schemaOrBool: true,
  schemaOrStringArray: ['x', 'y'],
}

/** An object of the definition with every field set, to a depth that ends recursion. */
function full(def: string, depth: number): DraftValue {
  const { special, fields = {} } = definitionOf(def)
  if (special) return specials[special]
  const object: Draft = {}
  for (const [key, field] of Object.entries(fields)) {
    const isRecursive = field.ref?.endsWith('JSONSchemaProps') && depth > 1
    if (field.proto === undefined || isRecursive) continue
    const one = elementOf(field, depth)
    const list = field.array ? [one, one] : one
    object[key] = field.map ? { a: list, b: list } : list
  }
  return object
}

function elementOf(field: Field, depth: number): DraftValue {
  if (field.ref !== undefined) return full(field.ref, depth + 1)
  if (field.type === 'integer') return field.format === 'int64' ? -5e9 : -3
  if (field.type === 'boolean') return true
  if (field.type === 'number') return 1.5
  return field.format === 'byte' ? 'aGVsbG8=' : 'täxt'
}

test('every field of every kind survives the trip through protobuf', () => {
  for (const { def, kind, group, version } of kinds) {
    const object = full(def, 0) as Draft
    conform(def, object)
    const back = decodeMessage(messageOf(def), encodeMessage(messageOf(def), object)) as Draft
    conform(def, back)
    assert.deepEqual(back, object, `${group}/${version} ${kind}`)
  }
})

test('an empty Pod has the bytes that upstream writes', () => {
  const def = 'io.k8s.api.core.v1.Pod'
  const object: Draft = { metadata: { name: 'a' } }
  conform(def, object)
  const bytes = Buffer.from(encodeMessage(messageOf(def), object))
  // metadata: name=1, then the texts that have no absence, generation=7, an empty creation time=8;
  // spec: restartPolicy=3, dnsPolicy=6, ... priorityClassName=24; status: phase=1, ...
  assert.equal(
    bytes.toString('hex'),
    '0a110a016112001a0022002a00320038004200' +
      '121c1a00320042004a005200580060006800820100' +
      '8a01009a0100c20100' +
      '1a130a001a0022002a0032004a005a007200880100',
  )
})

test('reads protobuf bodies, and refuses what only looks like them', () => {
  const readProtobuf = protobufReader({ open: openEnvelope, read: decodeMessage })
  const target = kindEntry('Deployment')
  const type = 'application/vnd.kubernetes.protobuf'
  const object: Draft = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 0 } }
  conform(target.def, object)
  const raw = encodeMessage(messageOf(target.def), object)
  const body = sealEnvelope({ apiVersion: 'apps/v1', kind: 'Deployment', raw })
  assert.deepEqual(decodeBody(target, body, type, { readProtobuf }).object, object)
  assert.throws(() => decodeBody(target, Buffer.from('hello'), type, { readProtobuf }), {
    message:
      'the object provided is unrecognized (must be of type Deployment): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (68656c6c6f)',
  })
})
