import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, PodDisruptionBudget } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const namespace = 'default'
const web: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { name: '', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1.20' }] },
    },
  },
}
const budget: PodDisruptionBudget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace, name: 'web' },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
}

test('a budget says how many may go, and an eviction takes one of them', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, nodes, eventually } = plane
  const { listers } = informers
  const statusIs = (allowed: number, healthy: number) => () => {
    const { status } = listers.PodDisruptionBudget.get({ namespace, name: 'web' }) ?? {}
    return status?.disruptionsAllowed === allowed && status.currentHealthy === healthy && status
  }
  await client.create('Deployment', web)
  await client.create('PodDisruptionBudget', budget)
  const status = await eventually('one may go', statusIs(1, 3))
  assert.deepEqual([status.expectedPods, status.desiredHealthy], [3, 2])

  nodes.makeReady(() => false)
  const [first] = listers.Pod.list(namespace).map(({ metadata }) => metadata.name)
  assert.ok(first)
  await client.post('Pod', { namespace, name: first }, 'eviction', {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name: first },
  })
  const after = await eventually('none may go', statusIs(0, 2))
  assert.deepEqual(
    after.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [['DisruptionAllowed', 'False', 'InsufficientPods']],
  )
})
