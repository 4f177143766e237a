import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatefulSet } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const web = (replicas: number): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas,
    serviceName: 'nginx',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { name: '', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1.20' }] },
    },
  },
})

test('Pods come in order, go in reverse order, and are replaced from the last', async () => {
  await using plane = await startControlPlane(['n1', 'n2'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const history: string[] = []
  informers.onChange('Pod', ({ previous, current }) => {
    if (!previous && current) history.push(`+${current.metadata.name}`)
    if (previous && !current) history.push(`-${previous.metadata.name}`)
  })
  const key = { namespace: 'default', name: 'web' }
  const isAt = (replicas: number, image: string) => () => {
    const pods = listers.Pod.list('default')
    const { readyReplicas = 0, updatedReplicas = 0 } = listers.StatefulSet.get(key)?.status ?? {}
    return (
      pods.length === replicas &&
      readyReplicas === replicas &&
      updatedReplicas === replicas &&
      pods.every(({ spec }) => spec.containers[0]?.image === image)
    )
  }
  await client.create('StatefulSet', web(3))
  await eventually('three', isAt(3, 'nginx:1.20'))
  assert.deepEqual(history.splice(0), ['+web-0', '+web-1', '+web-2'])
  const first = listers.Pod.get({ namespace: 'default', name: 'web-0' })
  assert.deepEqual([first?.spec.hostname, first?.spec.subdomain], ['web-0', 'nginx'])

  await client.patch('StatefulSet', key, { spec: { replicas: 2 } }, { type: 'merge' })
  await eventually('two', isAt(2, 'nginx:1.20'))
  assert.deepEqual(history.splice(0), ['-web-2'])

  const containers = [{ name: 'main', image: 'nginx:1.23' }]
  const patch = { spec: { template: { spec: { containers } } } }
  await client.patch('StatefulSet', key, patch, { type: 'strategic' })
  await eventually('new image', isAt(2, 'nginx:1.23'))
  assert.deepEqual(history, ['-web-1', '+web-1', '-web-0', '+web-0'])
})
