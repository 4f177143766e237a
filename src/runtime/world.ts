// What all verbs of the embedded runtime share: drivers, folders, records.

import {
  type ContainerConfig,
  CriError,
  type LinuxResources,
  type PodSandboxConfig,
  type RuntimeEvent,
} from '../cri/cri.ts'
import type { EventStream } from '../cri/event-stream.ts'
import type { PodNetwork } from '../cri/pod-network.ts'
import type { Cgroups } from '../host/cgroup.ts'
import type { RunCommand } from '../host/command.ts'
import type { CrunOptions } from '../host/crun.ts'
import type { Pipes } from '../host/fifo.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { ContainerUser } from './bundle/user.ts'
import type { ImageStore } from './images/store.ts'
import type { Records } from './records.ts'
import type { SupervisorClient } from './supervisor/supervisor-client.ts'

export interface NodeOptions {
  readonly name: string
  readonly network: PodNetwork
  /** File of the node's own network namespace, for Pods that use the node's network. */
  readonly networkNamespace: string
}

export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly run: RunCommand
  readonly crun: CrunOptions
  readonly cgroups: Cgroups
  readonly pipes: Pipes
  readonly images: ImageStore
  readonly supervisor: SupervisorClient
  readonly runFolder: string
  /** Which user ids exist; see FabricIds. */
  readonly ids: 'host' | 'range' | 'single'
  /** With what each node's kubelet listens to. */
  readonly nodes: Map<string, NodeOptions & { readonly events: EventStream }>
  readonly sandboxes: Records<SandboxRecord>
  readonly containers: Records<ContainerRecord>
  /** Called when a container has ended, by its id. */
  readonly enders: Map<string, Set<() => void>>
}

export interface SandboxRecord {
  readonly id: string
  readonly node: string
  readonly config: PodSandboxConfig
  readonly createdAtMs: number
  readonly state: 'READY' | 'NOTREADY'
  readonly ips: readonly string[]
  /** Process that keeps a pid namespace which all containers share. */
  readonly pidHolder?: { readonly pid: number; readonly startTime: number }
}

export interface ContainerRecord {
  readonly id: string
  readonly sandboxId: string
  readonly node: string
  readonly config: ContainerConfig
  readonly logPath: string
  readonly imageId: string
  readonly imageRef: string
  readonly stopSignal: string
  readonly user: ContainerUser
  readonly cgroupPath: string
  readonly resources: LinuxResources
  readonly createdAtMs: number
  /** STARTING: handed to the supervisor, whose answer did not come yet. */
  readonly state: 'CREATED' | 'STARTING' | 'RUNNING' | 'EXITED'
  readonly pid: number
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly exitCode: number
  readonly reason: string
  readonly message: string
}

export function nowMs({ clock }: World): number {
  return clock.now().getTime()
}

export function containerOf(world: World, id: string): ContainerRecord {
  const record = world.containers.get(id)
  if (record) return record
  throw new CriError('NotFound', `an error occurred when try to find container "${id}": not found`)
}

export function publish(
  world: World,
  type: RuntimeEvent['type'],
  { id, sandboxId, node }: ContainerRecord,
): void {
  world.nodes.get(node)?.events.publish({ type, containerId: id, podSandboxId: sandboxId })
}
