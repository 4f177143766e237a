import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealEnvelope } from '../../wire/protobuf/envelope.ts'
import { ProtobufWriter } from '../../wire/protobuf/writer.ts'
import { decodePorts, encodePorts } from './port-record.ts'

const range = { from: 30000, to: 32767 }

test('bit n of one large number is port n of the range, as kube-apiserver counts them', () => {
  const text = Buffer.from(encodePorts(range, new Set([30000, 30009]))).toString()
  assert.deepEqual(JSON.parse(text), {
    kind: 'RangeAllocation',
    apiVersion: 'v1',
    metadata: {},
    range: '30000-32767',
    data: Buffer.from([2, 1]).toString('base64'),
  })
})

test('what is written is read, whatever is taken', () => {
  for (const ports of [[], [30000], [32767], [30001, 30800, 31999, 32767]]) {
    const taken = decodePorts(encodePorts(range, new Set(ports)))
    assert.deepEqual([...taken], ports)
  }
})

test('a record that kube-apiserver left in protobuf, of another range, is read', () => {
  const writer = new ProtobufWriter()
  writer.message(1, () => {})
  writer.tag(2, 2)
  writer.text('20000-20099')
  writer.tag(3, 2)
  writer.bytes(Uint8Array.of(1, 0, 5))
  const record = sealEnvelope({ apiVersion: 'v1', kind: 'RangeAllocation', raw: writer.finish() })
  assert.deepEqual([...decodePorts(record)], [20000, 20002, 20016])
})

test('a record of no range has nothing taken', () => {
  assert.deepEqual([...decodePorts(Buffer.from('{"metadata":{}}'))], [])
})
