import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const pod = (name: string, cpu: string, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name },
  spec: {
    containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu } } }],
    ...spec,
  },
})

test('an important Pod takes the place of one that is not', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { Pod } = informers.listers
  await client.create('PriorityClass', {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 1000,
  })
  await client.create('Pod', pod('low', '3'))
  await eventually('low runs', () => {
    return Pod.get({ namespace: 'default', name: 'low' })?.status?.phase === 'Running'
  })
  await client.create('Pod', pod('urgent', '3', { priorityClassName: 'high' }))
  const urgent = await eventually('urgent placed', () => {
    const found = Pod.get({ namespace: 'default', name: 'urgent' })
    return found?.spec.nodeName ? found : undefined
  })
  assert.equal(Pod.get({ namespace: 'default', name: 'low' }), undefined)
  const { items } = await client.list('Event', { namespace: 'default' })
  const said = items.map(({ reason, message }) => `${reason}: ${message}`)
  const expected = [
    `Preempted: Preempted by pod ${urgent.metadata.uid} on node n1`,
    'FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.',
    'Scheduled: Successfully assigned default/urgent to n1',
  ]
  for (const message of expected) assert.ok(said.includes(message), `${message} in ${said}`)
})

test('a Pod that waits for room is placed as soon as there is some', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { Pod } = informers.listers
  const key = (name: string) => ({ namespace: 'default', name })
  await client.create('Pod', pod('first', '3'))
  await eventually('first placed', () => Pod.get(key('first'))?.spec.nodeName)
  await client.create('Pod', pod('second', '3'))
  await eventually('second waits', () =>
    Pod.get(key('second'))?.status?.conditions?.some(({ reason }) => reason === 'Unschedulable'),
  )
  await client.delete('Pod', key('first'))
  await eventually('second placed', () => Pod.get(key('second'))?.spec.nodeName === 'n1')
})

test('a Pod with scheduling gates waits until the last is gone', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { Pod } = informers.listers
  const key = { namespace: 'default', name: 'gated' }
  await client.create('Pod', pod('gated', '1', { schedulingGates: [{ name: 'example.com/hold' }] }))
  await client.create('Pod', pod('free', '1'))
  await eventually('free placed', () => Pod.get({ ...key, name: 'free' })?.spec.nodeName)
  assert.equal(Pod.get(key)?.spec.nodeName, undefined)
  await client.patch('Pod', key, { spec: { schedulingGates: [] } }, { type: 'merge' })
  await eventually('gated placed', () => Pod.get(key)?.spec.nodeName === 'n1')
})
