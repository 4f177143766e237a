import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const storageClassName = 'by-hand'

const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'default', name: 'data' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName,
  },
}

const volume: PersistentVolume = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    csi: { driver: 'csi.example.com', volumeHandle: 'disk' },
    storageClassName,
  },
}

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'user' },
  spec: {
    containers: [{ name: 'main', image: 'example' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  },
}

const key = { namespace: 'default', name: 'data' }

test('a deleted claim or volume that nobody uses goes away', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const { PersistentVolumeClaim, PersistentVolume } = informers.listers
  const made = await client.create('PersistentVolumeClaim', claim)
  assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pvc-protection'])
  const disk = await client.create('PersistentVolume', volume)
  assert.deepEqual(disk.metadata.finalizers, ['kubernetes.io/pv-protection'])
  await eventually(
    'both are seen',
    () => PersistentVolumeClaim.get(key) && PersistentVolume.get({ name: 'disk' }),
  )
  await client.delete('PersistentVolumeClaim', key)
  await client.delete('PersistentVolume', { name: 'disk' })
  await eventually('claim gone', () => !PersistentVolumeClaim.get(key))
  await eventually('volume gone', () => !PersistentVolume.get({ name: 'disk' }))
})

test('a deleted claim stays until the Pod that uses it is gone', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const { PersistentVolumeClaim, Pod } = informers.listers
  await client.create('PersistentVolumeClaim', claim)
  await client.create('Pod', pod)
  await eventually('the Pod is seen', () => Pod.get({ namespace: 'default', name: 'user' }))
  await client.delete('PersistentVolumeClaim', key)
  const kept = await eventually('deletion seen', () => {
    const current = PersistentVolumeClaim.get(key)
    return current?.metadata.deletionTimestamp !== undefined && current
  })
  assert.deepEqual(kept.metadata.finalizers, ['kubernetes.io/pvc-protection'])
  await client.delete('Pod', { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 })
  await eventually('claim gone', () => !PersistentVolumeClaim.get(key))
})
