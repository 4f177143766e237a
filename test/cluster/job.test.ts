import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobSpec } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const job = (name: string, spec: Partial<JobSpec> = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace: 'default', name },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] },
    },
    ...spec,
  },
})

test('a Job runs its completions a few at a time, counts each Pod once, and says when it is done', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, nodes, eventually } = plane
  nodes.finishAs((pod) => (pod.metadata.labels?.['job-name'] ? 'Succeeded' : undefined))
  await client.create('Job', job('sum', { completions: 5, parallelism: 2 }))
  const done = await eventually('complete', () => {
    const found = informers.listers.Job.get({ namespace: 'default', name: 'sum' })
    return found?.status?.conditions?.some(({ type }) => type === 'Complete') && found
  })
  const { succeeded, active = 0, conditions = [] } = done.status ?? {}
  assert.deepEqual([succeeded, active], [5, 0])
  assert.deepEqual(
    conditions.map(({ type, reason }) => `${type} ${reason}`),
    ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'],
  )
  const pods = informers.listers.Pod.list('default')
  assert.equal(pods.length, 5)
  await eventually('released', () =>
    informers.listers.Pod.list('default').every(({ metadata }) => !metadata.finalizers?.length),
  )
})

test('an Indexed Job has one Pod an index', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, nodes, eventually } = plane
  nodes.finishAs(() => 'Succeeded')
  const spec = { completions: 3, parallelism: 3, completionMode: 'Indexed' as const }
  await client.create('Job', job('parts', spec))
  const done = await eventually('complete', () => {
    const found = informers.listers.Job.get({ namespace: 'default', name: 'parts' })
    return found?.status?.conditions?.some(({ type }) => type === 'Complete') && found
  })
  assert.equal(done.status?.completedIndexes, '0-2')
  const hosts = informers.listers.Pod.list('default').map(({ spec }) => spec.hostname)
  assert.deepEqual(hosts.toSorted(), ['parts-0', 'parts-1', 'parts-2'])
})

test('a Job whose Pods fail gives up at its back-off limit', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, nodes, eventually } = plane
  nodes.finishAs(() => 'Failed')
  await client.create('Job', job('bad', { backoffLimit: 0 }))
  const done = await eventually('failed', () => {
    const found = informers.listers.Job.get({ namespace: 'default', name: 'bad' })
    return found?.status?.conditions?.some(({ type }) => type === 'Failed') && found
  })
  const condition = done.status?.conditions?.find(({ type }) => type === 'Failed')
  assert.deepEqual(
    [condition?.reason, condition?.message, done.status?.failed],
    ['BackoffLimitExceeded', 'Job has reached the specified backoff limit', 1],
  )
})

test('the Pods of a Job that is deleted at once go with it', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  await client.create('Job', job('endless', { parallelism: 2 }))
  await eventually('running', () => {
    const pods = listers.Pod.list('default')
    return pods.length === 2 && pods.every(({ status }) => status?.phase === 'Running')
  })
  const key = { namespace: 'default', name: 'endless' }
  await client.delete('Job', key, { propagationPolicy: 'Background' })
  await eventually('gone', () => listers.Pod.list('default').length === 0)
  assert.equal(listers.Job.get(key), undefined)
})
