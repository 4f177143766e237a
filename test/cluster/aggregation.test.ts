import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIService } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const apiService: APIService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1.away.example.com' },
  spec: {
    group: 'away.example.com',
    version: 'v1',
    service: { namespace: 'default', name: 'away' },
    groupPriorityMinimum: 1000,
    versionPriority: 10,
  },
}

test('a namespace is emptied, and waits for a group whose server is away', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  await client.create('APIService', apiService)
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as const
  await client.create('Namespace', { ...namespace, spec: {} })
  const settings = { apiVersion: 'v1', kind: 'ConfigMap' } as const
  await client.create('ConfigMap', { ...settings, metadata: { namespace: 'shop', name: 'a' } })
  await client.delete('Namespace', { name: 'shop' })
  const found = () => informers.listers.Namespace.get({ name: 'shop' })
  const message = await eventually('the failure is said', () =>
    found()
      ?.status?.conditions?.find(({ type }) => type === 'NamespaceDeletionDiscoveryFailure')
      ?.message?.replace('All resources successfully discovered', ''),
  )
  const stale = 'away.example.com/v1: stale GroupVersion discovery: away.example.com/v1'
  assert.equal(
    message,
    `Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: ${stale}`,
  )
  await eventually('its objects are gone', () => {
    const left = informers.listers.ConfigMap.list('shop')
    return left.length === 0
  })
  await client.delete('APIService', { name: 'v1.away.example.com' })
  await eventually('the namespace is gone', () => found() === undefined)
})
