// The kubelet of one node: keeps its Node true, and starts a worker for every Pod bound to it.
// Several may live in one process; they share informers, runtime and images.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Taint } from '../api/types.gen.ts'
import type { Client } from '../client/client.ts'
import { createEventRecorder } from '../client/events.ts'
import type { RunningInformers, Want } from '../client/informers.ts'
import type { ImageService, RuntimeService } from '../cri/cri.ts'
import { type RunCommand, runCommand } from '../host/command.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import { bytesOf } from './amounts.ts'
import { parseResolvConf } from './containers/resolv-conf.ts'
import { runImageGc } from './images/image-gc.ts'
import { ImagePuller } from './images/image-puller.ts'
import { runLease } from './node/lease.ts'
import { readMachine } from './node/machine.ts'
import { type Capacity, machineCapacity } from './node/node-object.ts'
import { type NodeKeeping, registerNode, runNodeStatus } from './node/run-node.ts'
import { createObjectReader } from './objects.ts'
import type { NodeContext } from './pod/node-context.ts'
import { PodWorkers } from './pod/workers.ts'
import { type DialPod, dialDirectly } from './probes/dial.ts'
import type { NodeMount } from './volumes/host-path.ts'
import { createTokenSource } from './volumes/tokens.ts'
import { createPodVolumes } from './volumes/volumes.ts'

export interface KubeletOptions {
  readonly node: {
    readonly name: string
    readonly role: 'control-plane' | 'worker'
    readonly address: string
    readonly podCidr: string
    readonly labels: Readonly<Record<string, string>>
    /** Of a new Node; see defaultTaints. */
    readonly taints?: readonly Taint[]
    readonly mounts: readonly NodeMount[]
  }
  readonly client: Client
  readonly informers: Pick<RunningInformers, 'listers' | 'onChange' | 'isWanted' | 'synced'>
  readonly runtime: RuntimeService
  readonly images: ImageService
  /** nodes/NODE: pods/UID/..., log/pods/..., rootfs/... live in it. */
  readonly folder: string
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  /** Overrides of what the machine has. */
  readonly capacity?: Partial<Capacity>
  /** The port at which clients of the node's address find its kubelet. */
  readonly port?: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  readonly run?: RunCommand
  readonly dial?: DialPod
  /** Resolves when Services no longer send new connections to a Pod's address. */
  readonly left?: (podIp: string) => Promise<void>
  /** The machine's resolver settings, for dnsPolicy Default. */
  readonly resolvConf?: string
}

export interface Kubelet {
  readonly node: string
  readonly context: NodeContext
  readonly workers: PodWorkers
  /** Resolves when the Node is registered. */
  readonly registered: Promise<void>
  /** Resolves after the signal has aborted and every loop has ended. */
  readonly ended: Promise<void>
}

/** What the informers given to kubelets must watch. */
export const kubeletWants: readonly Want[] = [
  { kind: 'Pod' },
  { kind: 'Node' },
  { kind: 'Service' },
  { kind: 'ConfigMap' },
  { kind: 'Secret' },
  { kind: 'RuntimeClass' },
  { kind: 'PersistentVolumeClaim' },
  { kind: 'PersistentVolume' },
]

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { node, client, runtime, images, clock, folder, signal } = options
  const log = options.log.with({ node: node.name })
  const source = { component: 'kubelet', host: node.name }
  const recorder = createEventRecorder({ ...options, log, source })
  const machine = await readMachine(node.name, folder)
  const capacity = { ...machineCapacity(machine), ...options.capacity }
  const settings = { ...node, taints: node.taints ?? [], port: options.port ?? 10250 }
  const keeping: NodeKeeping = { ...options, settings, machine, capacity, recorder, log }
  const { runtimeName } = await runtime.version()
  const context = await nodeContext(options, { recorder, log, capacity, runtimeName })
  const workers = new PodWorkers({ context, informers: options.informers, signal })

  const registering = registerNode(keeping)
  const running = [
    registering.then((registered) =>
      Promise.all([
        runLease(registered, client, { clock, log, signal }),
        runNodeStatus(registered, keeping),
      ]),
    ),
    registering.then(() => workers.run()),
    runImageGc(runtime, images, { clock, log, signal }),
  ]
  const ended = Promise.all(
    running.map((part) =>
      part.catch((error: unknown) => {
        if (!signal.aborted) log.error('a part of the kubelet ended', { error })
      }),
    ),
  )
  return {
    node: node.name,
    context,
    workers,
    registered: registering.then(() => {}),
    ended: ended.then(() => recorder.flushed()),
  }
}

async function nodeContext(
  options: KubeletOptions,
  made: Pick<NodeContext, 'recorder' | 'log' | 'runtimeName'> & { readonly capacity: Capacity },
): Promise<NodeContext> {
  const { node, client, informers, runtime, images, folder, clock } = options
  const { run = runCommand, dial = dialDirectly, left = async () => {} } = options
  const { clusterDns, clusterDomain } = options
  const { capacity, recorder, log, runtimeName } = made
  const objects = createObjectReader(client, informers)
  const files = { mounts: node.mounts, root: join(folder, 'rootfs') }
  const tokens = createTokenSource(client, clock)
  const resolvConf =
    options.resolvConf ?? (await readFile('/etc/resolv.conf', 'utf8').catch(() => ''))
  return {
    node: node.name,
    address: node.address,
    runtimeName,
    folder,
    logRoot: join(folder, 'log', 'pods'),
    memoryBytes: bytesOf(capacity.memory),
    nodeLabels: () => informers.listers.Node.get({ name: node.name })?.metadata.labels,
    allocatable: { ...capacity },
    dns: { clusterDns, clusterDomain, node: parseResolvConf(resolvConf) },
    client,
    recorder,
    runtime,
    images,
    puller: new ImagePuller({ images, objects, clock }),
    volumes: createPodVolumes({ folder, files, objects, tokens, run }),
    objects,
    services: () => informers.listers.Service.list(),
    dial,
    left,
    clock,
    log,
  }
}
