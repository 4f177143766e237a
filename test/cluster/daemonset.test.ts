import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const daemon: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'default', name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { name: '', labels: { app: 'agent' } },
      spec: { containers: [{ name: 'main', image: 'agent:1' }] },
    },
  },
}

test('every node runs one, a cordoned one too, and a new image comes node by node', async () => {
  await using plane = await startControlPlane(['n1', 'n2', 'n3'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const key = { namespace: 'default', name: 'agent' }
  await client.patch('Node', { name: 'n2' }, { spec: { unschedulable: true } }, { type: 'merge' })
  await client.create('DaemonSet', daemon)
  const isAt = (image: string) => () => {
    const { numberAvailable = 0, updatedNumberScheduled = 0 } =
      listers.DaemonSet.get(key)?.status ?? {}
    const pods = listers.Pod.list('default')
    return (
      numberAvailable === 3 &&
      updatedNumberScheduled === 3 &&
      pods.length === 3 &&
      pods.every(({ spec }) => spec.containers[0]?.image === image)
    )
  }
  await eventually('three', isAt('agent:1'))
  const places = () => listers.Pod.list('default').map(({ spec }) => spec.nodeName)
  assert.deepEqual(places().toSorted(), ['n1', 'n2', 'n3'])
  const patch = {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'agent:2' }] } } },
  }
  await client.patch('DaemonSet', key, patch, { type: 'strategic' })
  await eventually('new image', isAt('agent:2'))
  assert.deepEqual(places().toSorted(), ['n1', 'n2', 'n3'])
})
