// A runtime with its supervisor for a test inside a fabric: a busybox image, one node, one network
// that gives addresses without a wire.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerConfig, PodSandboxConfig, RuntimeService } from '../../cri/cri.ts'
import type { PodNetwork } from '../../cri/pod-network.ts'
import { removeClusterCgroups } from '../../host/cgroup.ts'
import { readCgroupRoots } from '../../host/cgroup-mounts.ts'
import { check, runCommand } from '../../host/command.ts'
import { createRuntime, type EmbeddedRuntime } from '../runtime.ts'
import { fabricIds } from './fabric.ts'
import { busyboxLayer, dockerArchive, type TestImage } from './image.ts'

export interface TestWorld {
  readonly folder: string
  readonly runFolder: string
  readonly runtime: EmbeddedRuntime
  readonly node: RuntimeService
  readonly supervisor: () => ChildProcess
  /** The agent ends without a word and another one starts. */
  restartAgent(): Promise<TestWorld>
  startSupervisor(): void
  load(image: TestImage): Promise<void>
  sandbox(change?: Partial<PodSandboxConfig>): Promise<TestSandbox>
}

export interface TestSandbox {
  readonly id: string
  readonly config: PodSandboxConfig
  create(change: Partial<ContainerConfig>): Promise<string>
  /** Created and started. */
  run(change: Partial<ContainerConfig>): Promise<string>
}

const network: PodNetwork = {
  async add({ netnsPath }) {
    await check(runCommand, ['nsenter', `--net=${netnsPath}`, 'ip', 'link', 'set', 'lo', 'up'])
    return { ips: ['10.244.0.2'] }
  },
  remove: async () => {},
  ready: () => ({ ready: true, message: '' }),
}

const supervisorProgram = (socketPath: string, runFolder: string) =>
  `import('${new URL('../supervisor/supervisor.ts', import.meta.url)}')
    .then((module) => module.runSupervisor(${JSON.stringify({ socketPath, runFolder })}))`

export async function testWorld(t: TestContext): Promise<TestWorld> {
  const folder = mkdtempSync('/tmp/sampan-runtime-')
  const runFolder = mkdtempSync('/run/sampan-')
  const socketPath = `${folder}/supervisor.sock`
  let supervisor: ChildProcess | undefined
  const startSupervisor = () => {
    const argv = ['--eval', supervisorProgram(socketPath, runFolder)]
    supervisor = spawn(process.execPath, argv, { stdio: 'inherit' })
  }
  startSupervisor()
  const base = {
    folder,
    runFolder,
    startSupervisor,
    supervisor: () => supervisor ?? assert.fail(),
  }
  let current: EmbeddedRuntime | undefined
  const start = async (): Promise<TestWorld> => {
    const runtime = await createRuntime({
      cluster: `test-${process.pid}`,
      folder: `${folder}/runtime`,
      imagesFolder: `${folder}/images`,
      runFolder,
      supervisorSocket: socketPath,
      ids: fabricIds() ?? 'host',
    })
    current = runtime
    const node = runtime.node({ name: 'n1', network, networkNamespace: '/proc/self/ns/net' })
    const load = async (image: TestImage) => {
      writeFileSync(`${folder}/image.tar`, dockerArchive([image]))
      await runtime.images.load(`${folder}/image.tar`)
    }
    const restartAgent = () => {
      runtime.close()
      return start()
    }
    const sandbox = (change: Partial<PodSandboxConfig> = {}) => runSandbox(folder, node, change)
    return { ...base, runtime, node, restartAgent, load, sandbox }
  }
  const world = await start()
  t.after(async () => {
    const node = current?.node({ name: 'n1', network, networkNamespace: '/proc/self/ns/net' })
    for (const { id } of (await node?.listPodSandbox()) ?? []) await node?.removePodSandbox(id)
    current?.close()
    supervisor?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    await removeClusterCgroups(`test-${process.pid}`, readCgroupRoots())
  })
  await world.load({
    layers: [busyboxLayer()],
    config: { Cmd: ['sh'], Env: ['PATH=/bin', 'IMG=1'] },
    names: ['busybox'],
  })
  return world
}

async function runSandbox(
  folder: string,
  node: RuntimeService,
  change: Partial<PodSandboxConfig>,
): Promise<TestSandbox> {
  const config: PodSandboxConfig = {
    metadata: { name: 'web', uid: 'u1', namespace: 'default', attempt: 0 },
    hostname: 'web',
    logDirectory: `${folder}/logs`,
    dnsConfig: { servers: ['10.96.0.10'], searches: ['svc.cluster.local'], options: ['ndots:5'] },
    portMappings: [],
    labels: {},
    annotations: {},
    namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
    sysctls: {},
    cgroupParent: '/kubepods/besteffort/podu1',
    runtimeHandler: '',
    ...change,
  }
  mkdirSync(config.logDirectory, { recursive: true })
  const id = await node.runPodSandbox(config)
  const create = (container: Partial<ContainerConfig>) =>
    node.createContainer(id, { ...plain, ...container }, config)
  const run = async (container: Partial<ContainerConfig>) => {
    const containerId = await create(container)
    await node.startContainer(containerId)
    return containerId
  }
  return { id, config, create, run }
}

export const security: ContainerConfig['security'] = {
  privileged: false,
  supplementalGroups: [],
  readonlyRootfs: false,
  noNewPrivs: false,
}

const plain: ContainerConfig = {
  metadata: { name: 'c', attempt: 0 },
  image: { image: 'busybox' },
  envs: [],
  mounts: [],
  devices: [],
  labels: {},
  annotations: {},
  logPath: 'c/0.log',
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: {},
  security,
}

/** `stream text` of every line that a container wrote. */
export function logLines(world: TestWorld, path = 'c/0.log'): readonly string[] {
  const file = `${world.folder}/logs/${path}`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\S+ (\S+) F /, '$1 '))
}

/** Waits for what must come true; a test that waits in vain fails by its own limit. */
export async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(5)
}

export async function exited(node: RuntimeService, id: string) {
  await eventually(async () => (await node.containerStatus(id)).state === 'EXITED')
  const { exitCode, reason, message } = await node.containerStatus(id)
  return { exitCode, reason, message }
}

export function collected(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk) => (text += chunk))
  return { stream, text: () => text }
}
