import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesProtobuf } from '../protobuf.ts'
import { crdFixture, definition } from './crd-fixture.ts'

test('the metadata of custom resources is served in protobuf, as one, as a list and as a watch', async () => {
  await using api = await crdFixture()
  await api.install(definition())
  const path = '/apis/example.com/v1/namespaces/default/widgets'
  const body = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'a' },
    spec: { size: 1 },
  }
  const created = await api.ask(`POST ${path}`, { body })
  assert.equal(created.status, 201)
  const asked = (kind: string) => ({
    headers: { accept: `application/vnd.kubernetes.protobuf;as=${kind};v=v1;g=meta.k8s.io` },
  })
  const one = await api.ask(`GET ${path}/a`, asked('PartialObjectMetadata'))
  const list = await api.ask(`GET ${path}`, asked('PartialObjectMetadataList'))
  assert.deepEqual([one.status, list.status], [200, 200])
  assert.ok(Buffer.from(list.bytes).includes(created.json.metadata.uid))
  assert.equal(kubernetesProtobuf.read(one.bytes)['kind'], 'PartialObjectMetadata')
  const { headers } = asked('PartialObjectMetadata')
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1'
  const chunks: Uint8Array[] = []
  for await (const chunk of await api.stream(`${path}?${query}`, headers)) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks).includes('PartialObjectMetadata'))
})
