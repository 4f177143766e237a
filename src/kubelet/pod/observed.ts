// What the plan and the status of a Pod are computed from: the object, what the runtime has, and
// what the worker remembers since it last looked. All of it data.

import type { Pod } from '../../api/types.gen.ts'
import type { ContainerStatus, PodSandboxStatus } from '../../cri/cri.ts'
import type { BackOff } from './back-off.ts'

export interface PodRuntime {
  /** Newest first. */
  readonly sandboxes: readonly PodSandboxStatus[]
  /** Newest first, those of old sandboxes too. */
  readonly containers: readonly ContainerStatus[]
}

export interface StartFailure {
  readonly reason: string
  readonly message: string
  readonly atMs: number
  readonly retryAtMs: number
  /** What the wait is called once the failure itself has been shown, e.g. ImagePullBackOff. */
  readonly afterwards?: { readonly reason: string; readonly message: string }
}

export interface ProbeVerdicts {
  /** False until the startup probe has succeeded; true where there is none. */
  started(containerId: string): boolean
  ready(containerId: string): boolean
  /** Which probe asks for a restart, and with how much grace where it says so. */
  failed(containerId: string): FailedProbe | undefined
}

export interface FailedProbe {
  readonly probe: 'liveness' | 'startup'
  readonly graceSeconds?: number
}

export interface PodMemory {
  readonly volumesMounted: boolean
  /** When mounted volumes are to be brought up to date: tokens; 0 after an object changed. */
  readonly volumesRefreshAtMs: number
  /** How far the end has come: volumes released, or the object deleted too. */
  readonly ended: 'no' | 'released' | 'deleted'
  /** A volume or sandbox could not be had: not again before then. */
  readonly podRetryAtMs: number
  readonly busy: {
    readonly volumes: boolean
    readonly sandbox: boolean
    readonly finish: boolean
    /** Names of containers being started, postStart hook included. */
    readonly starting: ReadonlySet<string>
    /** Container id -> when it will be dead at the latest. */
    readonly killing: ReadonlyMap<string, number>
    readonly stopping: ReadonlySet<string>
  }
  readonly failures: ReadonlyMap<string, StartFailure>
  readonly backOffs: ReadonlyMap<string, BackOff>
}

export interface ObservedPod {
  readonly pod: Pod
  /** The object is no longer in the API. */
  readonly isGone: boolean
  readonly runtime: PodRuntime
  readonly memory: PodMemory
  readonly probes: ProbeVerdicts
  readonly nowMs: number
}

export function latest(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.find((container) => container.metadata.name === name)
}

export function readySandbox({ sandboxes }: PodRuntime): PodSandboxStatus | undefined {
  const [newest] = sandboxes
  return newest?.state === 'READY' ? newest : undefined
}

export function isAlive({ state }: ContainerStatus): boolean {
  return state === 'RUNNING' || state === 'UNKNOWN'
}
