import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerConfig, PodSandboxConfig } from './cri.ts'
import { fakeImage, fakeRuntime } from './fake.ts'

const sandboxConfig: PodSandboxConfig = {
  metadata: { name: 'web', uid: 'u1', namespace: 'default', attempt: 0 },
  hostname: 'web',
  logDirectory: '/logs',
  portMappings: [],
  labels: {},
  annotations: {},
  namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
  sysctls: {},
  cgroupParent: '/kubepods/podu1',
  runtimeHandler: '',
}

const containerConfig: ContainerConfig = {
  metadata: { name: 'nginx', attempt: 0 },
  image: { image: 'nginx' },
  envs: [],
  mounts: [],
  devices: [],
  labels: {},
  annotations: {},
  logPath: 'nginx/0.log',
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: {},
  security: {
    privileged: false,
    supplementalGroups: [],
    readonlyRootfs: false,
    noNewPrivs: false,
  },
}

test('a container runs from its creation to its end, and says so in events', async () => {
  const { runtime, exit, calls } = fakeRuntime({ present: { nginx: fakeImage('nginx') } })
  const stop = new AbortController()
  const seen: string[] = []
  const listening = (async () => {
    for await (const { type } of runtime.events(stop.signal)) seen.push(type)
  })()
  const sandbox = await runtime.runPodSandbox(sandboxConfig)
  const id = await runtime.createContainer(sandbox, containerConfig, sandboxConfig)
  await runtime.startContainer(id)
  exit(id, 3)
  const { state, exitCode, reason } = await runtime.containerStatus(id)
  assert.deepEqual([state, exitCode, reason], ['EXITED', 3, 'Error'])
  await runtime.removePodSandbox(sandbox)
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await listening
  assert.deepEqual(seen, ['CONTAINER_CREATED', 'CONTAINER_STARTED', 'CONTAINER_STOPPED'])
  assert.deepEqual(calls, [
    'runPodSandbox web',
    'createContainer nginx',
    'startContainer nginx',
    'stopPodSandbox web',
    'removePodSandbox web',
  ])
})

test('an image that cannot be pulled gives the error that the test named', async () => {
  const { images } = fakeRuntime({ pullable: { 'nope:1': 'no such host' } })
  await assert.rejects(images.pullImage({ image: 'nope:1' }), /^CriError: no such host$/)
})

test('what is not there is NotFound, and removing it again is fine', async () => {
  const { runtime } = fakeRuntime()
  await assert.rejects(runtime.containerStatus('x'), { code: 'NotFound' })
  await runtime.removeContainer('x')
  await runtime.removePodSandbox('x')
})
