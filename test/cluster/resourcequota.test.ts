import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, ResourceQuota } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const namespace = 'shop'
const quota: ResourceQuota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { namespace, name: 'few' },
  spec: { hard: { configmaps: '3', 'count/deployments.apps': '1' } },
}
const configMap = (name: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
})

test('what goes makes room again', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const isUsed = (configmaps: string) => () =>
    listers.ResourceQuota.get({ namespace, name: 'few' })?.status?.used?.['configmaps'] ===
    configmaps
  await client.create('Namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
    spec: {},
  })
  await eventually('root CA', () => listers.ConfigMap.list(namespace).length === 1)
  await client.create('ResourceQuota', quota)
  await eventually('one counted', isUsed('1'))
  await client.create('ConfigMap', configMap('a'))
  await client.create('ConfigMap', configMap('b'))
  await assert.rejects(client.create('ConfigMap', configMap('c')), {
    message:
      'configmaps "c" is forbidden: exceeded quota: few, requested: configmaps=1, used: configmaps=3, limited: configmaps=3',
  })
  await client.delete('ConfigMap', { namespace, name: 'a' })
  await eventually('two counted', isUsed('2'))
  await client.create('ConfigMap', configMap('c'))
})
