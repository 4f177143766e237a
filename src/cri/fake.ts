// A runtime in memory that obeys the same rules as the real one: containers have states but no
// processes. A test says which images can be pulled, what commands answer, and when one exits.

import { Buffer } from 'node:buffer'
import { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../lib/clock.ts'
import {
  type ContainerConfig,
  type ContainerStatus,
  CriError,
  type Image,
  type ImageService,
  type PodSandboxConfig,
  type PodSandboxStatus,
  type RuntimeService,
  type StreamOptions,
  unknownHandler,
} from './cri.ts'
import { createEventStream } from './event-stream.ts'

export interface FakeCommandResult {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode: number
}

export interface FakeRuntimeOptions {
  readonly clock?: Clock
  /** Names as the kubelet asks for them; a string is the error that pulling it gives. */
  readonly pullable?: Readonly<Record<string, Image | string>>
  /** Images that are there already. */
  readonly present?: Readonly<Record<string, Image>>
  /** Answers exec and execSync; by default every command exits with 0. */
  readonly onExec?: (id: string, command: readonly string[]) => FakeCommandResult
  /** Called before a container starts; throwing makes the start fail. */
  readonly onStart?: (container: FakeContainer) => void
  /** What stopContainer's signal does: the exit code, 143 by default. */
  readonly onStop?: (container: FakeContainer) => number
}

export interface FakeContainer {
  readonly id: string
  readonly sandboxId: string
  readonly config: ContainerConfig
  readonly status: ContainerStatus
}

export interface FakeRuntime {
  readonly runtime: RuntimeService
  readonly images: ImageService
  /** A running container's process ends. */
  exit(id: string, exitCode: number, reason?: string): void
  /** The newest container of that name, in whatever state. */
  container(name: string): FakeContainer | undefined
  readonly containers: ReadonlyMap<string, FakeContainer>
  readonly sandboxes: ReadonlyMap<string, PodSandboxStatus>
  /** Verbs as they were called, e.g. `startContainer web`; reads are left out. */
  readonly calls: readonly string[]
}

interface World {
  readonly clock: Clock
  readonly options: FakeRuntimeOptions
  readonly containers: Map<string, FakeContainer>
  readonly sandboxes: Map<string, PodSandboxStatus>
  readonly stored: Map<string, Image>
  readonly calls: string[]
  readonly events: ReturnType<typeof createEventStream>
  readonly ids: { next: number }
}

export function fakeRuntime(options: FakeRuntimeOptions = {}): FakeRuntime {
  const world: World = {
    clock: options.clock ?? systemClock,
    options,
    containers: new Map(),
    sandboxes: new Map(),
    stored: new Map(Object.entries(options.present ?? {})),
    calls: [],
    events: createEventStream(),
    ids: { next: 1 },
  }
  return {
    runtime: {
      ...service(world),
      ...sandboxVerbs(world),
      ...containerVerbs(world),
      ...streamVerbs(world),
    },
    images: imageVerbs(world),
    exit: (id, exitCode, reason) => end(world, id, exitCode, reason),
    container: (name) =>
      [...world.containers.values()].findLast(({ config }) => config.metadata.name === name),
    containers: world.containers,
    sandboxes: world.sandboxes,
    calls: world.calls,
  }
}

/** The image that a test names when it does not matter. */
export function fakeImage(name: string): Image {
  const digest = Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)
  const reference = name.includes('/') ? name : `docker.io/library/${name}`
  return {
    id: `sha256:${digest}`,
    repoTags: [reference.includes(':') ? reference : `${reference}:latest`],
    repoDigests: [`${reference.replace(/:[^/]*$/, '')}@sha256:${digest}`],
    sizeBytes: 1_000_000,
  }
}

function newId({ ids }: World): string {
  return (ids.next++).toString(16).padStart(64, '0')
}

function nowMs({ clock }: World): number {
  return clock.now().getTime()
}

function containerOf(world: World, id: string): FakeContainer {
  const container = world.containers.get(id)
  if (!container)
    throw new CriError(
      'NotFound',
      `an error occurred when try to find container "${id}": not found`,
    )
  return container
}

function sandboxOf(world: World, id: string): PodSandboxStatus {
  const sandbox = world.sandboxes.get(id)
  if (!sandbox)
    throw new CriError('NotFound', `an error occurred when try to find sandbox "${id}": not found`)
  return sandbox
}

function setStatus(world: World, id: string, change: Partial<ContainerStatus>): void {
  const container = containerOf(world, id)
  world.containers.set(id, { ...container, status: { ...container.status, ...change } })
}

function end(world: World, id: string, exitCode: number, reason?: string): void {
  const { status, sandboxId } = containerOf(world, id)
  if (status.state !== 'RUNNING') return
  setStatus(world, id, {
    state: 'EXITED',
    exitCode,
    finishedAtMs: nowMs(world),
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
  })
  world.events.publish({ type: 'CONTAINER_STOPPED', containerId: id, podSandboxId: sandboxId })
}

const handlers = ['']

function service(world: World): Pick<RuntimeService, 'version' | 'status' | 'events'> {
  const condition = (type: string) => ({ type, status: true, reason: '', message: '' })
  return {
    version: async () => ({
      runtimeName: 'fake',
      runtimeVersion: '0.0.0',
      runtimeApiVersion: 'v1',
    }),
    status: async () => ({
      conditions: [condition('RuntimeReady'), condition('NetworkReady')],
      runtimeHandlers: handlers,
    }),
    events: (signal) => world.events.subscribe(signal),
  }
}

type SandboxVerb =
  | 'runPodSandbox'
  | 'stopPodSandbox'
  | 'removePodSandbox'
  | 'podSandboxStatus'
  | 'listPodSandbox'

function sandboxVerbs(world: World): Pick<RuntimeService, SandboxVerb> {
  const inSandbox = (id: string) =>
    [...world.containers.values()].filter(({ sandboxId }) => sandboxId === id)
  const stop = async (id: string) => {
    const sandbox = world.sandboxes.get(id)
    if (!sandbox) return
    world.calls.push(`stopPodSandbox ${sandbox.metadata.name}`)
    for (const container of inSandbox(id)) end(world, container.id, 137)
    world.sandboxes.set(id, { ...sandbox, state: 'NOTREADY' })
  }
  return {
    async runPodSandbox(config) {
      if (!handlers.includes(config.runtimeHandler)) throw unknownHandler(config.runtimeHandler)
      const id = newId(world)
      world.calls.push(`runPodSandbox ${config.metadata.name}`)
      world.sandboxes.set(id, newSandbox(world, id, config))
      return id
    },
    stopPodSandbox: stop,
    async removePodSandbox(id) {
      await stop(id)
      for (const container of inSandbox(id)) world.containers.delete(container.id)
      const sandbox = world.sandboxes.get(id)
      if (world.sandboxes.delete(id))
        world.calls.push(`removePodSandbox ${sandbox?.metadata.name ?? ''}`)
    },
    podSandboxStatus: async (id) => sandboxOf(world, id),
    listPodSandbox: async () => [...world.sandboxes.values()],
  }
}

function newSandbox(world: World, id: string, config: PodSandboxConfig): PodSandboxStatus {
  const isHost = config.namespaceOptions.network === 'NODE'
  return {
    id,
    metadata: config.metadata,
    state: 'READY',
    createdAtMs: nowMs(world),
    labels: config.labels,
    annotations: config.annotations,
    ips: isHost ? [] : [`10.244.0.${world.sandboxes.size + 2}`],
  }
}

type ContainerVerb =
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'containerStatus'
  | 'listContainers'
  | 'updateContainerResources'
  | 'reopenContainerLog'

function containerVerbs(world: World): Pick<RuntimeService, ContainerVerb> {
  const call = (verb: string, id: string) =>
    world.calls.push(`${verb} ${containerOf(world, id).config.metadata.name}`)
  return {
    async createContainer(sandboxId, config, sandbox) {
      if (sandboxOf(world, sandboxId).state !== 'READY')
        throw new CriError('FailedPrecondition', `sandbox container "${sandboxId}" is not running`)
      const image = world.stored.get(config.image.image)
      if (!image)
        throw new CriError('NotFound', `failed to resolve image "${config.image.image}": not found`)
      const id = newId(world)
      const status = newContainer(world, { id, sandboxId, config, sandbox, image })
      world.containers.set(id, { id, sandboxId, config, status })
      call('createContainer', id)
      world.events.publish({ type: 'CONTAINER_CREATED', containerId: id, podSandboxId: sandboxId })
      return id
    },
    async startContainer(id) {
      const container = containerOf(world, id)
      call('startContainer', id)
      world.options.onStart?.(container)
      setStatus(world, id, { state: 'RUNNING', startedAtMs: nowMs(world) })
      const podSandboxId = container.sandboxId
      world.events.publish({ type: 'CONTAINER_STARTED', containerId: id, podSandboxId })
    },
    async stopContainer(id) {
      const container = world.containers.get(id)
      if (!container) return
      call('stopContainer', id)
      end(world, id, world.options.onStop?.(container) ?? 143)
    },
    async removeContainer(id) {
      const container = world.containers.get(id)
      if (!container) return
      call('removeContainer', id)
      end(world, id, 137)
      world.containers.delete(id)
      const podSandboxId = container.sandboxId
      world.events.publish({ type: 'CONTAINER_DELETED', containerId: id, podSandboxId })
    },
    containerStatus: async (id) => containerOf(world, id).status,
    listContainers: async () => [...world.containers.values()].map(({ status }) => status),
    async updateContainerResources(id, resources) {
      call('updateContainerResources', id)
      setStatus(world, id, { resources })
    },
    async reopenContainerLog(id) {
      call('reopenContainerLog', id)
    },
  }
}

function newContainer(
  world: World,
  made: {
    readonly id: string
    readonly sandboxId: string
    readonly config: ContainerConfig
    readonly sandbox: PodSandboxConfig
    readonly image: Image
  },
): ContainerStatus {
  const { config, image } = made
  return {
    id: made.id,
    podSandboxId: made.sandboxId,
    metadata: config.metadata,
    image: config.image,
    imageId: image.id,
    imageRef: image.repoDigests[0] ?? image.id,
    state: 'CREATED',
    createdAtMs: nowMs(world),
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
    labels: config.labels,
    annotations: config.annotations,
    logPath: `${made.sandbox.logDirectory}/${config.logPath}`,
    resources: config.resources,
  }
}

type StreamVerb = 'execSync' | 'exec' | 'attach' | 'portForward' | 'stats'

function streamVerbs(world: World): Pick<RuntimeService, StreamVerb> {
  const run = (id: string, command: readonly string[]): FakeCommandResult => {
    if (containerOf(world, id).status.state !== 'RUNNING')
      throw new CriError('FailedPrecondition', `container "${id}" is not running`)
    world.calls.push(`exec ${containerOf(world, id).config.metadata.name}: ${command.join(' ')}`)
    return world.options.onExec?.(id, command) ?? { exitCode: 0 }
  }
  return {
    async execSync(id, command) {
      const { stdout = '', stderr = '', exitCode } = run(id, command)
      return { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode }
    },
    async exec(id, command, streams) {
      const { stdout = '', stderr = '', exitCode } = run(id, command)
      streams.stdout?.end(stdout)
      streams.stderr?.end(stderr)
      return exitCode
    },
    attach: (id, streams) => ended(world, id, streams),
    async portForward(sandboxId, port) {
      sandboxOf(world, sandboxId)
      const text = `connected to port ${port}\n`
      return Duplex.from([Buffer.from(text)])
    },
    async stats(id) {
      containerOf(world, id)
      const usage = { cpuUsageCoreNanoSeconds: 0, memoryWorkingSetBytes: 0, memoryUsageBytes: 0 }
      return { id, timestampMs: nowMs(world), ...usage, rootfsUsedBytes: 0 }
    },
  }
}

async function ended(world: World, id: string, { signal }: StreamOptions): Promise<void> {
  if (containerOf(world, id).status.state !== 'RUNNING')
    throw new CriError('FailedPrecondition', `container "${id}" is not running`)
  const stop = new AbortController()
  const events = world.events.subscribe(
    signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  )
  for await (const { type, containerId } of events)
    if (type === 'CONTAINER_STOPPED' && containerId === id) stop.abort()
}

function imageVerbs(world: World): ImageService {
  return {
    listImages: async () => [...new Set(world.stored.values())],
    imageStatus: async ({ image }) => world.stored.get(image) ?? byId(world, image),
    async pullImage({ image }) {
      world.calls.push(`pullImage ${image}`)
      const found = world.options.pullable?.[image]
      if (found === undefined || typeof found === 'string')
        throw new CriError('Unknown', found ?? `failed to pull image "${image}": not found`)
      world.stored.set(image, found)
      return found.repoDigests[0] ?? found.id
    },
    async removeImage({ image }) {
      world.calls.push(`removeImage ${image}`)
      const found = world.stored.get(image) ?? byId(world, image)
      for (const [name, stored] of world.stored)
        if (name === image || stored.id === found?.id) world.stored.delete(name)
    },
    imageFsInfo: async () => ({ path: '/images', usedBytes: 0, inodesUsed: 0 }),
  }
}

function byId({ stored }: World, id: string): Image | undefined {
  return [...stored.values()].find((image) => image.id === id || image.repoDigests.includes(id))
}
