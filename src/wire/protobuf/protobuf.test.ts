import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MessageField, type MessageType, messageType } from '../../lib/message.ts'
import { decodeMessage } from './decode.ts'
import { encodeMessage } from './encode.ts'
import { openEnvelope, openWatchEvent, sealEnvelope, watchFrame } from './envelope.ts'
import { ProtobufError, ProtobufReader } from './reader.ts'
import { ProtobufWriter } from './writer.ts'

function field(key: string, number: number, rest: Partial<MessageField> = {}): MessageField {
  return { key, number, container: 'one', element: 'string', isOptional: true, ...rest }
}

function hex(type: MessageType, object: Record<string, unknown>): string {
  return Buffer.from(encodeMessage(type, object)).toString('hex')
}

test('writes scalars as the wire format says', () => {
  const type = messageType([
    field('text', 1),
    field('bytes', 2, { element: 'bytes' }),
    field('flag', 3, { element: 'bool' }),
    field('small', 4, { element: 'int32' }),
    field('large', 5, { element: 'int64' }),
    field('real', 6, { element: 'double' }),
  ])
  assert.equal(hex(type, { text: 'hé' }), '0a0368c3a9')
  assert.equal(hex(type, { bytes: 'AQI=' }), '12020102')
  assert.equal(hex(type, { flag: true }), '1801')
  assert.equal(hex(type, { small: 300 }), '20ac02')
  assert.equal(hex(type, { small: -1 }), '20ffffffffffffffffff01')
  assert.equal(hex(type, { large: 2 ** 40 }), '28808080808020')
  assert.equal(hex(type, { real: 1.5 }), '31000000000000f83f')
})

test('writes zero where a field has no absence, and lists and maps entry by entry', () => {
  const type = messageType([
    field('name', 1, { isOptional: false }),
    field('count', 2, { element: 'int32', isOptional: false }),
    field('list', 3, { container: 'list', isOptional: false }),
    field('map', 4, { container: 'map', isOptional: false }),
  ])
  assert.equal(hex(type, {}), '0a001000')
  assert.equal(
    hex(type, { list: ['a', 'b'], map: { y: '2', x: '1' } }),
    `0a001000${'1a0161'}${'1a0162'}${'22060a01781201 31'.replace(' ', '')}${'22060a0179120132'}`,
  )
})

test('reads back what it wrote, also what lies in embedded messages', () => {
  const inner = messageType([field('path', 1)], 'inline')
  const node: MessageType = messageType([
    field('name', 1),
    field('', 2, { element: () => inner, isOptional: false }),
    field('children', 3, { element: () => node, container: 'list', isOptional: false }),
    field('at', 4, {
      element: () =>
        messageType(
          [field('seconds', 1, { element: 'int64' }), field('nanos', 2, { element: 'int32' })],
          'time',
        ),
    }),
  ])
  const object = { name: 'a', path: '/x', children: [{ name: 'b' }], at: '2026-01-02T03:04:05Z' }
  const back = decodeMessage(node, encodeMessage(node, object))
  assert.deepEqual(back, object)
})

test('skips fields that it does not know', () => {
  const wide = messageType([field('a', 1), field('b', 20), field('c', 3, { element: 'double' })])
  const narrow = messageType([field('b', 20)])
  const bytes = encodeMessage(wide, { a: 'x', b: 'y', c: 1 })
  assert.deepEqual(decodeMessage(narrow, bytes), { b: 'y' })
})

test('refuses bytes that end too early or make no sense', () => {
  const type = messageType([field('a', 1)])
  for (const bytes of ['0a05', '0a', 'ff', '0f', '08ffffffffffffffffffff01']) {
    assert.throws(() => decodeMessage(type, Buffer.from(bytes, 'hex')), ProtobufError, bytes)
  }
})

test('numbers survive the trip', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (number) => {
      const writer = new ProtobufWriter()
      writer.signed(number)
      assert.equal(new ProtobufReader(writer.finish()).signed(), number)
    }),
  )
})

test('long messages get longer lengths', () => {
  const type = messageType([field('inner', 1, { element: () => messageType([field('text', 1)]) })])
  for (const length of [0, 1, 124, 125, 126, 127, 128, 16_380, 16_384, 70_000]) {
    const object = { inner: { text: 'x'.repeat(length) } }
    assert.deepEqual(decodeMessage(type, encodeMessage(type, object)), object)
  }
})

test('envelopes carry the kind, watch frames an enveloped object', () => {
  const raw = Buffer.from([10, 1, 97])
  const sealed = sealEnvelope({ apiVersion: 'v1', kind: 'Pod', raw })
  assert.equal(
    Buffer.from(sealed).toString('hex'),
    '6b3873000a090a0276311203506f6412030a01611a002200',
  )
  assert.deepEqual(openEnvelope(sealed), { apiVersion: 'v1', kind: 'Pod', raw })
  const frame = watchFrame('ADDED', sealed)
  assert.equal(Buffer.from(frame).readUInt32BE(), frame.length - 4)
  const event = openWatchEvent(frame.subarray(4))
  assert.equal(event.type, 'ADDED')
  assert.deepEqual(Buffer.from(event.object), Buffer.from(sealed))
  assert.throws(() => openEnvelope(Buffer.from('{}')), ProtobufError)
})
