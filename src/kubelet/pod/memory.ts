// What a worker remembers of its Pod between two looks; PodMemory is the plan's view of it.
// It is lost with the kubelet, as upstream's is: everything else is in the API or the runtime.

import type { MountedVolume } from '../volumes/volumes.ts'
import type { BackOff } from './back-off.ts'
import type { PodMemory, StartFailure } from './observed.ts'

export interface WorkerMemory extends PodMemory {
  volumesMounted: boolean
  volumesRefreshAtMs: number
  volumes: ReadonlyMap<string, MountedVolume>
  ended: 'no' | 'released' | 'deleted'
  podRetryAtMs: number
  /** Failures in a row of volumes or sandbox. */
  podFailures: number
  readonly busy: {
    volumes: boolean
    sandbox: boolean
    finish: boolean
    readonly starting: Set<string>
    readonly killing: Map<string, number>
    readonly stopping: Set<string>
  }
  readonly failures: Map<string, StartFailure>
  readonly backOffs: Map<string, BackOff>
}

export function createMemory(): WorkerMemory {
  return {
    volumesMounted: false,
    volumesRefreshAtMs: Number.POSITIVE_INFINITY,
    volumes: new Map(),
    ended: 'no',
    podRetryAtMs: 0,
    podFailures: 0,
    busy: {
      volumes: false,
      sandbox: false,
      finish: false,
      starting: new Set(),
      killing: new Map(),
      stopping: new Set(),
    },
    failures: new Map(),
    backOffs: new Map(),
  }
}

const firstRetryMs = 500
const lastRetryMs = 122_000

/** Volumes or sandbox failed: later and later, as upstream's volume operations. */
export function putOff(memory: WorkerMemory, nowMs: number): void {
  memory.podRetryAtMs = nowMs + Math.min(firstRetryMs * 2 ** memory.podFailures, lastRetryMs)
  memory.podFailures = Math.min(memory.podFailures + 1, 16)
}

export function succeeded(memory: WorkerMemory): void {
  memory.podRetryAtMs = 0
  memory.podFailures = 0
}

/** An object the Pod refers to has changed: what failed for want of it is tried at once. */
export function retryAtOnce(memory: WorkerMemory): void {
  memory.volumesRefreshAtMs = 0
  memory.podRetryAtMs = 0
  for (const [name, failure] of memory.failures)
    if (failure.reason === 'CreateContainerConfigError')
      memory.failures.set(name, { ...failure, retryAtMs: 0 })
}
