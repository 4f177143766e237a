import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conform } from '../api/conform.ts'
import { decodeBody } from '../api/decode.ts'
import type { Draft } from '../api/draft.ts'
import { kindEntry, kinds } from '../api/kinds.ts'
import { messageOf } from '../api/messages.ts'
import { protobufReader } from '../api/protobuf-reader.ts'
import { decodeMessage } from '../wire/protobuf/decode.ts'
import { encodeMessage } from '../wire/protobuf/encode.ts'
import { openEnvelope, sealEnvelope } from '../wire/protobuf/envelope.ts'
import { fullObject } from './testing/full-object.ts'

test('every field of every kind survives the trip through protobuf', () => {
  for (const { def, kind, group, version } of kinds) {
    const object = fullObject(def)
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
