import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeImage } from '../cri/fake.ts'
import { startWorld } from './test-world.ts'

const limit = { timeout: 20_000 }
const isRunning = (pod: { status?: { phase?: string } }) => pod.status?.phase === 'Running'
const nginx = { name: 'web', image: 'nginx', imagePullPolicy: 'IfNotPresent' as const }

test('a node registers itself, ready at once, and holds a lease', limit, async () => {
  const world = await startWorld()
  const node = await world.client.get('Node', { name: 'worker' })
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  assert.equal(node.spec.podCIDR, '10.244.1.0/24')
  assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'worker')
  assert.equal(node.status?.nodeInfo?.kubeletVersion, 'v1.36.2')
  await world.stop()
})

test('a Pod runs, is ready, and tells of it in events', limit, async () => {
  const world = await startWorld()
  await world.run('web', { containers: [nginx] })
  const pod = await world.until('web', isRunning)
  const [status] = pod.status?.containerStatuses ?? []
  assert.equal(status?.ready, true)
  assert.equal(status?.restartCount, 0)
  assert.equal(status?.containerID, `fake://${world.fake.container('web')?.id}`)
  assert.equal(pod.status?.podIP, '10.244.0.2')
  assert.deepEqual(pod.status?.conditions?.map(({ type, status }) => `${type}=${status}`).sort(), [
    'ContainersReady=True',
    'Initialized=True',
    'PodReadyToStartContainers=True',
    'PodScheduled=True',
    'Ready=True',
  ])
  await world.stop()
  assert.deepEqual(await world.events('web'), [
    'Normal Pulled Container image "nginx" already present on machine and can be accessed by the pod',
    'Normal Created Container created',
    'Normal Started Container started',
  ])
})

test('a deleted Pod ends with its grace and leaves nothing', limit, async () => {
  const world = await startWorld()
  await world.run('web', { containers: [nginx] })
  await world.until('web', isRunning)
  await world.delete('web')
  await world.gone('Pod', 'web')
  while (world.fake.sandboxes.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(world.fake.containers.size, 0)
  assert.deepEqual(world.fake.calls.slice(3), [
    'stopContainer web',
    'stopPodSandbox web',
    'removeContainer web',
    'stopPodSandbox web',
    'removePodSandbox web',
  ])
  await world.stop()
})

test('init containers run one after the other before the rest', limit, async () => {
  const world = await startWorld()
  const busybox = { image: 'busybox', imagePullPolicy: 'IfNotPresent' as const }
  await world.run('app', {
    initContainers: [
      { name: 'first', ...busybox },
      { name: 'second', ...busybox },
    ],
    containers: [nginx],
  })
  for (const name of ['first', 'second']) {
    while (world.fake.container(name)?.status.state !== 'RUNNING')
      await new Promise((resolve) => setTimeout(resolve, 5))
    world.fake.exit(world.fake.container(name)?.id ?? '', 0)
  }
  await world.until('app', isRunning)
  const started = world.fake.calls.filter((call) => call.startsWith('startContainer'))
  assert.deepEqual(started, ['startContainer first', 'startContainer second', 'startContainer web'])
  await world.stop()
})

test('a container that fails is started again, at once the first time', limit, async () => {
  const world = await startWorld()
  await world.run('web', { containers: [nginx] })
  await world.until('web', isRunning)
  world.fake.exit(world.fake.container('web')?.id ?? '', 1)
  const pod = await world.until(
    'web',
    ({ status }) =>
      status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready,
  )
  const [status] = pod.status?.containerStatuses ?? []
  assert.equal(status?.lastState?.terminated?.exitCode, 1)
  assert.equal(status?.lastState?.terminated?.reason, 'Error')
  world.fake.exit(world.fake.container('web')?.id ?? '', 1)
  const waiting = await world.until(
    'web',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
  )
  assert.equal(
    waiting.status?.containerStatuses?.[0]?.state?.waiting?.message,
    `back-off 10s restarting failed container=web pod=web_default(${pod.metadata.uid})`,
  )
  await world.stop()
})

test('an image that cannot be pulled is told of by name', limit, async () => {
  const refusal = 'failed to resolve reference "registry.example/none:1": connection refused'
  const world = await startWorld({ pullable: { 'registry.example/none:1': refusal } })
  await world.run('broken', { containers: [{ name: 'web', image: 'registry.example/none:1' }] })
  const pod = await world.until(
    'broken',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull',
  )
  assert.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.message, refusal)
  await world.until(
    'broken',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
  )
  await world.stop()
  assert.deepEqual((await world.events('broken')).slice(0, 3), [
    'Normal Pulling Pulling image "registry.example/none:1"',
    `Warning Failed Failed to pull image "registry.example/none:1": ${refusal}`,
    'Warning Failed Error: ErrImagePull',
  ])
})

test(
  'a ConfigMap reaches a container as files and variables, later changes too',
  limit,
  async () => {
    const world = await startWorld()
    const settings = (colour: string) => ({
      apiVersion: 'v1' as const,
      kind: 'ConfigMap' as const,
      metadata: { name: 'settings', namespace: 'default' },
      data: { colour },
    })
    await world.run('app', {
      containers: [
        {
          ...nginx,
          env: [
            { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          ],
          volumeMounts: [{ name: 'files', mountPath: '/etc/settings' }],
        },
      ],
      volumes: [{ name: 'files', configMap: { name: 'settings' } }],
    })
    while (
      !(await world.events('app')).includes(
        'Warning FailedMount MountVolume.SetUp failed for volume "files" : configmap "settings" not found',
      )
    )
      await new Promise((resolve) => setTimeout(resolve, 5))
    await world.client.create('ConfigMap', settings('red'))
    await world.until('app', isRunning)
    const { config } = world.fake.container('web') ?? {}
    assert.equal(config?.envs.find(({ key }) => key === 'COLOUR')?.value, 'red')
    const mount = config?.mounts.find(({ containerPath }) => containerPath === '/etc/settings')
    const file = join(mount?.hostPath ?? '', 'colour')
    assert.equal(await readFile(file, 'utf8'), 'red')
    await world.client.update('ConfigMap', settings('blue'))
    while ((await readFile(file, 'utf8')) !== 'blue')
      await new Promise((resolve) => setTimeout(resolve, 5))
    await world.stop()
  },
)

test('a kubelet that starts again adopts what runs', limit, async () => {
  const world = await startWorld()
  await world.run('web', { containers: [nginx] })
  await world.until('web', isRunning)
  const before = world.fake.container('web')?.id
  await world.restart()
  await world.run('other', { containers: [nginx] })
  await world.until('other', isRunning)
  const pod = await world.pod('web')
  assert.equal(pod.status?.containerStatuses?.[0]?.containerID, `fake://${before}`)
  assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 0)
  await world.stop()
})

test('a Pod whose containers end well and are not restarted succeeds', limit, async () => {
  const world = await startWorld()
  await world.run('job', { containers: [nginx], restartPolicy: 'Never' })
  await world.until('job', isRunning)
  world.fake.exit(world.fake.container('web')?.id ?? '', 0)
  const pod = await world.until('job', ({ status }) => status?.phase === 'Succeeded')
  assert.equal(pod.status?.containerStatuses?.[0]?.state?.terminated?.reason, 'Completed')
  assert.equal(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted')
  await world.stop()
})

test('a readiness probe holds a container back until it succeeds', limit, async () => {
  let isWell = false
  const world = await startWorld({
    onExec: () => ({ exitCode: isWell ? 0 : 1, stdout: 'not yet' }),
    present: { nginx: fakeImage('nginx') },
  })
  const readinessProbe = { exec: { command: ['check'] }, periodSeconds: 0.02 }
  await world.run('web', { containers: [{ ...nginx, readinessProbe }] })
  const before = await world.until('web', isRunning)
  assert.equal(before.status?.containerStatuses?.[0]?.ready, false)
  assert.equal(
    before.status?.conditions?.find(({ type }) => type === 'Ready')?.message,
    'containers with unready status: [web]',
  )
  const unhealthy = 'Warning Unhealthy Readiness probe failed: not yet'
  while (!(await world.events('web')).includes(unhealthy))
    await new Promise((resolve) => setTimeout(resolve, 5))
  isWell = true
  await world.until('web', ({ status }) => status?.containerStatuses?.[0]?.ready)
  await world.stop()
})

test('a Pod that the node has no room for fails at once', limit, async () => {
  const world = await startWorld()
  const resources = { requests: { cpu: '10000' } }
  await world.run('big', { containers: [{ ...nginx, resources }] })
  const pod = await world.until('big', ({ status }) => status?.phase === 'Failed')
  assert.equal(pod.status?.reason, 'OutOfcpu')
  assert.deepEqual(world.fake.calls, [])
  await world.stop()
})

test('a Pod whose runtime class has a handler that nobody knows waits', limit, async () => {
  const world = await startWorld()
  await world.client.create('RuntimeClass', {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'odd' },
    handler: 'nope',
  })
  await world.run('web', { containers: [nginx], runtimeClassName: 'odd' })
  const told =
    'Warning FailedCreatePodSandBox Failed to create pod sandbox: rpc error: code = Unknown ' +
    'desc = failed to get sandbox runtime: no runtime for "nope" is configured'
  while (!(await world.events('web')).includes(told)) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.equal((await world.pod('web')).status?.phase, 'Pending')
  assert.deepEqual(world.fake.calls, [])
  await world.stop()
})
