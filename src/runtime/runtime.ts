// The embedded runtime: images, sandboxes and containers of a cluster over crun, in process.
// One runtime serves all nodes; each sees its own sandboxes through a RuntimeService.

import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import type { RuntimeCondition, RuntimeService } from '../cri/cri.ts'
import { createEventStream, type EventStream } from '../cri/event-stream.ts'
import { openCgroups } from '../host/cgroup.ts'
import { readCgroupRoots } from '../host/cgroup-mounts.ts'
import { coverCgroups } from '../host/cgroup-view.ts'
import { runCommand } from '../host/command.ts'
import { createPipes } from '../host/fifo.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { createContainer } from './containers/create.ts'
import { onExitRecord, recoverContainers } from './containers/exits.ts'
import { removeContainer } from './containers/remove.ts'
import { startContainer } from './containers/start.ts'
import { containerStats } from './containers/stats.ts'
import { containerStatus, containerSummary } from './containers/status.ts'
import { stopContainer } from './containers/stop.ts'
import { createImageService, type EmbeddedImageService } from './images/image-service.ts'
import { ownPlatform } from './images/platform.ts'
import { pullImage } from './images/pull.ts'
import type { Dial } from './images/registry/http.ts'
import { openImageStore } from './images/store.ts'
import { openRecords } from './records.ts'
import {
  handlers,
  networkNamespace,
  recoverSandboxes,
  removePodSandbox,
  runPodSandbox,
  sandboxOf,
  sandboxStatus,
  stopPodSandbox,
} from './sandboxes/sandboxes.ts'
import { attach } from './streams/attach.ts'
import { exec, execSync } from './streams/exec.ts'
import { createConnectors } from './streams/port-forward.ts'
import { createSupervisorClient } from './supervisor/supervisor-client.ts'
import { containerOf, type NodeOptions, type World } from './world.ts'

export interface RuntimeOptions {
  readonly cluster: string
  /** State of sandboxes and containers. */
  readonly folder: string
  readonly imagesFolder: string
  /** On the fabric's own tmpfs, e.g. /run/sampan. */
  readonly runFolder: string
  readonly supervisorSocket: string
  /** Which user ids exist in the fabric. */
  readonly ids: 'host' | 'range' | 'single'
  readonly clock?: Clock
  readonly log?: Log
  readonly crun?: string
  /** Connects to registries; from this process's own network by default. */
  readonly dial?: Dial
}

export interface EmbeddedRuntime {
  readonly images: EmbeddedImageService
  /** The runtime as one node sees it. */
  node(options: NodeOptions): RuntimeService
  /** Ends what belongs to this process; containers run on. */
  close(): void
}

export async function createRuntime(options: RuntimeOptions): Promise<EmbeddedRuntime> {
  const { runFolder, log = silentLog } = options
  mkdirSync(runFolder, { recursive: true })
  const roots = await coverCgroups(readCgroupRoots(), `${runFolder}/cgroup`)
  const connectors = createConnectors()
  const world: World = {
    clock: options.clock ?? systemClock,
    log,
    run: runCommand,
    crun: { program: options.crun ?? 'crun', stateFolder: `${runFolder}/crun` },
    cgroups: openCgroups(options.cluster, roots),
    pipes: createPipes(`${runFolder}/agent-pipes`),
    images: openImageStore(options.imagesFolder),
    supervisor: createSupervisorClient({
      socketPath: options.supervisorSocket,
      onExit: ({ id, ...exit }) => void report(onExitRecord(world, id, exit)),
      onConnect: () => void report(recoverContainers(world)),
    }),
    runFolder,
    ids: options.ids,
    nodes: new Map(),
    sandboxes: await openRecords(`${options.folder}/sandboxes`),
    containers: await openRecords(`${options.folder}/containers`),
    enders: new Map(),
  }
  const report = (work: Promise<unknown>) =>
    work.catch((error) => log.error('containers could not be brought up to date', { error }))
  const unpack = { isUserNamespace: options.ids !== 'host', keepsOwners: options.ids !== 'single' }
  const pulling = { dial: options.dial ?? dialHere, clock: world.clock, platform: ownPlatform() }
  await recoverSandboxes(world)
  await recoverContainers(world)
  return {
    images: createImageService({
      store: world.images,
      unpack,
      pull: (name, auth) => pullImage({ ...pulling, store: world.images, unpack }, name, auth),
      inUse: () => world.containers.all().map(({ imageId }) => imageId),
    }),
    node(node) {
      const events = createEventStream()
      world.nodes.set(node.name, { ...node, events })
      return serviceOf(world, { ...node, events }, connectors)
    },
    close() {
      world.supervisor.close()
      connectors.close()
    },
  }
}

function serviceOf(
  world: World,
  node: NodeOptions & { readonly events: EventStream },
  connectors: ReturnType<typeof createConnectors>,
): RuntimeService {
  const isOwn = (record: { readonly node: string }) => record.node === node.name
  return {
    version: async () => ({
      runtimeName: 'sampan',
      runtimeVersion: '0.1.0',
      runtimeApiVersion: 'v1',
    }),
    status: async () => ({ conditions: conditions(world, node), runtimeHandlers: handlers }),
    runPodSandbox: (config) => runPodSandbox(world, node, config),
    stopPodSandbox: (id) => stopPodSandbox(world, id),
    removePodSandbox: (id) => removePodSandbox(world, id),
    podSandboxStatus: async (id) => sandboxStatus(sandboxOf(world, id)),
    listPodSandbox: async () => world.sandboxes.all().filter(isOwn).map(sandboxStatus),
    createContainer: (sandboxId, config, sandbox) =>
      createContainer(world, { sandboxId, config, sandbox }),
    startContainer: (id) => startContainer(world, id),
    stopContainer: (id, timeoutSeconds) => stopContainer(world, id, timeoutSeconds),
    removeContainer: (id) => removeContainer(world, id),
    containerStatus: async (id) => containerStatus(containerOf(world, id)),
    listContainers: async () => world.containers.all().filter(isOwn).map(containerSummary),
    async updateContainerResources(id, resources) {
      const record = containerOf(world, id)
      world.cgroups.update(record.cgroupPath, resources)
      world.containers.put({ ...record, resources: { ...record.resources, ...resources } })
    },
    async reopenContainerLog(id) {
      containerOf(world, id)
      await world.supervisor.reopenLog(id)
    },
    execSync: (id, command, timeoutMs) => execSync(world, id, { command, timeoutMs }),
    exec: (id, command, streams) => exec(world, id, { command, streams }),
    attach: (id, streams) => attach(world, id, streams),
    portForward: (sandboxId, port) =>
      connectors.connect(networkNamespace(world, sandboxOf(world, sandboxId)), port),
    stats: (id) => containerStats(world, id),
    events: (signal) => node.events.subscribe(signal),
  }
}

function conditions(world: World, node: NodeOptions): readonly RuntimeCondition[] {
  const { limited } = world.cgroups
  const network = node.network.ready()
  return [
    { type: 'RuntimeReady', status: true, reason: '', message: '' },
    {
      type: 'NetworkReady',
      status: network.ready,
      reason: network.ready ? '' : 'NetworkPluginNotReady',
      message: network.message,
    },
    {
      type: 'CgroupsLimited',
      status: limited !== undefined,
      reason: limited === undefined ? 'LimitsEnforced' : 'LimitsNotEnforced',
      message: limited ?? '',
    },
    {
      type: 'UserIdsLimited',
      status: world.ids === 'single',
      reason: world.ids === 'single' ? 'NoSubordinateIds' : 'UserIdsMapped',
      message:
        world.ids === 'single'
          ? 'without subordinate ids in /etc/subuid all files and processes of containers belong to one user'
          : '',
    },
  ]
}

const dialHere: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
