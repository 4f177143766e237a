import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, OwnerReference } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const configMap = (name: string, ...ownerReferences: OwnerReference[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name, ownerReferences },
})

const ownedBy = ({ metadata }: ConfigMap, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: metadata.name,
  uid: metadata.uid ?? '',
  blockOwnerDeletion,
})

test('dependents follow their owner, and those of dependents follow too', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const { ConfigMap } = informers.listers
  const owner = await client.create('ConfigMap', configMap('owner'))
  const child = await client.create('ConfigMap', configMap('child', ownedBy(owner)))
  await client.create('ConfigMap', configMap('grandchild', ownedBy(child)))
  await client.create('ConfigMap', configMap('stranger'))
  await client.delete('ConfigMap', { namespace: 'default', name: 'owner' })
  await eventually('grandchild gone', () => {
    const names = ConfigMap.list('default').map(({ metadata }) => metadata.name)
    return !names.includes('grandchild') && !names.includes('child') && names.includes('stranger')
  })
})

test('an object with another owner stays, and forgets the one that is gone', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const first = await client.create('ConfigMap', configMap('first'))
  const second = await client.create('ConfigMap', configMap('second'))
  await client.create('ConfigMap', configMap('child', ownedBy(first), ownedBy(second)))
  await client.delete('ConfigMap', { namespace: 'default', name: 'first' })
  const child = await eventually('one owner', () => {
    const found = informers.listers.ConfigMap.get({ namespace: 'default', name: 'child' })
    return found?.metadata.ownerReferences?.length === 1 && found
  })
  assert.equal(child.metadata.ownerReferences?.[0]?.name, 'second')
})

test('foreground: the owner stays until what blocks it is gone', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const owner = await client.create('ConfigMap', configMap('owner'))
  await client.create('ConfigMap', configMap('child', ownedBy(owner, true)))
  const gone: string[] = []
  informers.onChange('ConfigMap', ({ previous, current }) => {
    if (!current && previous) gone.push(previous.metadata.name)
  })
  const key = { namespace: 'default', name: 'owner' }
  await client.delete('ConfigMap', key, { propagationPolicy: 'Foreground' })
  await eventually('both gone', () => gone.length === 2)
  assert.deepEqual(gone, ['child', 'owner'])
})

test('orphan: the dependents stay without their owner', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const owner = await client.create('ConfigMap', configMap('owner'))
  await client.create('ConfigMap', configMap('child', ownedBy(owner)))
  const key = { namespace: 'default', name: 'owner' }
  await client.delete('ConfigMap', key, { propagationPolicy: 'Orphan' })
  await eventually('owner gone', () => !informers.listers.ConfigMap.get(key))
  const child = await client.get('ConfigMap', { namespace: 'default', name: 'child' })
  assert.deepEqual(child.metadata.ownerReferences ?? [], [])
})
