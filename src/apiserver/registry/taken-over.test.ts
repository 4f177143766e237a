import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../store/drivers/memory.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
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
