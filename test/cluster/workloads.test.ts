import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, Service } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

const deployment = (name: string, replicas: number, image = 'nginx:1.20'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { name: '', labels: { app: name } },
      spec: { containers: [{ name: 'main', image }] },
    },
  },
})

test('a Deployment becomes Pods on different nodes, with the events that kubectl shows', async () => {
  await using plane = await startControlPlane(['n1', 'n2', 'n3'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const webPods = () => listers.Pod.matching('default', { matchLabels: { app: 'web' } })
  await client.create('Deployment', deployment('web', 2))
  const done = await eventually('complete', () => {
    const found = listers.Deployment.get({ namespace: 'default', name: 'web' })
    const progress = found?.status?.conditions?.find(({ type }) => type === 'Progressing')
    return progress?.reason === 'NewReplicaSetAvailable' && found
  })
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = done.status ?? {}
  assert.deepEqual([replicas, updatedReplicas, readyReplicas, availableReplicas], [2, 2, 2, 2])
  assert.equal(done.metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
  const [first, second] = webPods()
  assert.notEqual(first?.spec.nodeName, second?.spec.nodeName)
  const [replicaSet] = listers.ReplicaSet.list('default')
  const messages = async () =>
    (await client.list('Event', { namespace: 'default' })).items.map(
      ({ reason, message }) => `${reason}: ${message}`,
    )
  const said = await messages()
  const expected = [
    `ScalingReplicaSet: Scaled up replica set ${replicaSet?.metadata.name} from 0 to 2`,
    ...webPods().flatMap(({ metadata, spec }) => [
      `SuccessfulCreate: Created pod: ${metadata.name}`,
      `Scheduled: Successfully assigned default/${metadata.name} to ${spec.nodeName}`,
    ]),
  ]
  for (const message of expected) assert.ok(said.includes(message), `${message} in ${said}`)
})

test('a new image replaces the Pods a few at a time; the old ReplicaSet stays for a rollback', async () => {
  await using plane = await startControlPlane(['n1', 'n2'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const key = { namespace: 'default', name: 'web' }
  const isDone = (generation: number) => () => {
    const found = listers.Deployment.get(key)
    const {
      observedGeneration = 0,
      updatedReplicas,
      availableReplicas,
      replicas,
    } = found?.status ?? {}
    const counts = [updatedReplicas, availableReplicas, replicas]
    return observedGeneration >= generation && counts.every((count) => count === 4) && found
  }
  await client.create('Deployment', deployment('web', 4))
  const before = await eventually('first rollout', isDone(1))
  let least = 4
  informers.onChange('Pod', () => {
    const running = listers.Pod.list('default').filter(
      ({ metadata, status }) => !metadata.deletionTimestamp && status?.phase === 'Running',
    )
    least = Math.min(least, running.length)
  })
  const [container] = before.spec.template.spec?.containers ?? []
  assert.ok(container)
  const patched = await client.patch(
    'Deployment',
    key,
    { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:1.23' }] } } } },
    { type: 'strategic' },
  )
  assert.equal(patched.metadata.generation, 2)
  await eventually('second rollout', isDone(2))
  assert.ok(least >= 3, `never fewer than 3 ran, but ${least}`)
  const sets = listers.ReplicaSet.list('default').map(({ metadata, spec }) => [
    metadata.annotations?.['deployment.kubernetes.io/revision'],
    spec.replicas,
  ])
  assert.deepEqual(sets.toSorted(), [
    ['1', 0],
    ['2', 4],
  ])
  const images = listers.Pod.list('default').map(({ spec }) => spec.containers[0]?.image)
  assert.deepEqual([...new Set(images)], ['nginx:1.23'])
})

test('endpoints follow Pods as they come, leave the selector, and go', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 8080, targetPort: 80 }] },
  }
  await client.create('Service', service)
  const slices = () =>
    listers.EndpointSlice.matching('default', {
      matchLabels: { 'kubernetes.io/service-name': 'web' },
    })
  await eventually('placeholder', () => slices().length === 1)
  await client.create('Deployment', deployment('web', 2))
  await eventually('two endpoints', () => {
    const [slice] = slices()
    const ready = slice?.endpoints?.filter(({ conditions }) => conditions?.ready) ?? []
    return slices().length === 1 && ready.length === 2 && slice?.ports?.[0]?.port === 80
  })
  const [pod] = listers.Pod.list('default')
  assert.ok(pod)
  await client.patch(
    'Pod',
    { namespace: 'default', name: pod.metadata.name },
    { metadata: { labels: { app: 'other' } } },
    { type: 'merge' },
  )
  // Released: no longer an endpoint, no longer owned, and replaced.
  await eventually('released and replaced', () => {
    const names = slices().flatMap(({ endpoints = [] }) => endpoints.map((e) => e.targetRef?.name))
    const released = listers.Pod.get({ namespace: 'default', name: pod.metadata.name })
    return (
      names.length === 2 &&
      !names.includes(pod.metadata.name) &&
      (released?.metadata.ownerReferences ?? []).length === 0
    )
  })
  const endpoints = await eventually('endpoints', () => {
    const found = listers.Endpoints.get({ namespace: 'default', name: 'web' })
    return found?.subsets?.[0]?.addresses?.length === 2 && found
  })
  assert.deepEqual(endpoints.subsets?.[0]?.ports, [{ port: 80, protocol: 'TCP' }])
})

test('a namespace that is deleted takes everything in it along', async () => {
  await using plane = await startControlPlane(['n1'])
  const { client, informers, eventually } = plane
  const { listers } = informers
  await client.create('Namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: {},
  })
  await eventually('what every namespace has', () => {
    const account = listers.ServiceAccount.get({ namespace: 'shop', name: 'default' })
    return account && listers.ConfigMap.get({ namespace: 'shop', name: 'kube-root-ca.crt' })
  })
  const web = deployment('web', 2)
  await client.create('Deployment', { ...web, metadata: { namespace: 'shop', name: 'web' } })
  await eventually('two pods', () => listers.Pod.list('shop').length === 2)
  await client.delete('Namespace', { name: 'shop' })
  await eventually('gone', () => !listers.Namespace.get({ name: 'shop' }))
  assert.equal(listers.Pod.list('shop').length, 0)
  assert.equal(listers.ReplicaSet.list('shop').length, 0)
})

test('a Pod that fits nowhere says why', async () => {
  await using plane = await startControlPlane(['n1', 'n2', 'n3'])
  const { client, informers, eventually } = plane
  await client.create('Pod', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'huge' },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1.20', resources: { requests: { cpu: '64' } } }],
    },
  })
  const pod = await eventually('unschedulable', () => {
    const found = informers.listers.Pod.get({ namespace: 'default', name: 'huge' })
    return found?.status?.conditions?.some(({ reason }) => reason === 'Unschedulable') && found
  })
  assert.equal(
    pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message,
    '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
})
