import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../client/create-client.ts'
import { fakeApi } from '../client/fake-api.ts'
import { markNode } from './mark-node.ts'

const role = 'node-role.kubernetes.io/control-plane'
const config = {
  name: 'main',
  role: 'control-plane' as const,
  address: '172.18.0.2',
  podCidr: '10.244.0.0/24',
  taints: [],
  mounts: [],
  labels: { [role]: '', 'node.kubernetes.io/rack': '4', tier: 'a' },
}

test('a node gets the labels of its role as soon as it is registered', async () => {
  const client = createClient(fakeApi())
  const register = Promise.withResolvers<void>()
  const marked = markNode(client, config, register.promise)
  await client.create('Node', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'main', labels: { tier: 'a' } },
    spec: {},
  })
  register.resolve()
  await marked
  const { metadata } = await client.get('Node', { name: 'main' })
  assert.deepEqual(metadata.labels, { [role]: '', tier: 'a' })
})
