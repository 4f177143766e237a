// The API's status of one container from its spec, its lives in the runtime and the plan. Pure.

import type {
  ContainerStatus as ApiStatus,
  ContainerState,
  ContainerStateTerminated,
  Pod,
  VolumeMountStatus,
} from '../../api/types.gen.ts'
import type { ContainerStatus } from '../../cri/cri.ts'
import type { ObservedPod } from './observed.ts'
import type { Waiting } from './plan.ts'
import type { SpecContainer } from './spec.ts'

export interface StatusContext {
  readonly observed: ObservedPod
  /** Why it waits, by container name, as the plan says. */
  readonly waiting: ReadonlyMap<string, Waiting>
  /** containerd in containerd://6f1c... */
  readonly runtimeName: string
  /** The reason of a container that was never started. */
  readonly defaultWaiting: 'ContainerCreating' | 'PodInitializing'
}

export function containerStatus(entry: SpecContainer, context: StatusContext): ApiStatus {
  const { container, sort } = entry
  const { observed, runtimeName } = context
  const { name, resources } = container
  const lives = observed.runtime.containers.filter(({ metadata }) => metadata.name === name)
  const [last] = lives
  const state = stateOf(entry, last, context)
  const lastState = lastStateOf(state, lives, context)
  const isRunning = state.running !== undefined && last !== undefined
  const isStarted = isRunning && observed.probes.started(last.id)
  const isDone = sort === 'init' && state.terminated?.exitCode === 0
  const isReady = isDone || (isStarted && sort !== 'init' && observed.probes.ready(last.id))
  const known = knownStatus(observed.pod, name)
  return {
    name,
    state,
    lastState,
    ready: isReady,
    restartCount: last?.metadata.attempt ?? known?.restartCount ?? 0,
    image: last?.image.image ?? container.image ?? '',
    imageID: last?.imageRef ?? '',
    ...(last && { containerID: `${runtimeName}://${last.id}` }),
    started: isStarted || isDone,
    ...(isRunning && resources && { resources }),
    ...(isRunning && resources?.requests && { allocatedResources: resources.requests }),
    ...(mountStatuses(entry).length > 0 && { volumeMounts: mountStatuses(entry) }),
    ...(isRunning && last.user && { user: { linux: last.user } }),
  }
}

function stateOf(
  { container }: SpecContainer,
  last: ContainerStatus | undefined,
  { observed, waiting, defaultWaiting, runtimeName }: StatusContext,
): ContainerState {
  const { name } = container
  const wait = waiting.get(name)
  const isStarting = observed.memory.busy.starting.has(name)
  if (last?.state === 'RUNNING' && !isStarting)
    return { running: { startedAt: timeText(last.startedAtMs) } }
  if (wait) return { waiting: shown(wait) }
  // What it waited for is shown until it runs.
  const shownBefore = knownStatus(observed.pod, name)?.state?.waiting
  if (isStarting && shownBefore) return { waiting: shownBefore }
  if (last?.state === 'EXITED') return { terminated: terminated(last, runtimeName) }
  if (last?.state === 'UNKNOWN') return { terminated: lost(last, runtimeName) }
  return { waiting: { reason: defaultWaiting } }
}

function shown({ reason, message }: Waiting): Waiting | { readonly reason: string } {
  return message ? { reason, message } : { reason }
}

/** The end of the life before: of the newest when that is not itself the state. */
function lastStateOf(
  state: ContainerState,
  lives: readonly ContainerStatus[],
  { runtimeName }: StatusContext,
): ContainerState {
  const before = lives.find(
    ({ id, state: it }) =>
      it === 'EXITED' && state.terminated?.containerID !== `${runtimeName}://${id}`,
  )
  return before ? { terminated: terminated(before, runtimeName) } : {}
}

function terminated(ended: ContainerStatus, runtimeName: string): ContainerStateTerminated {
  const { exitCode, reason, message, startedAtMs, finishedAtMs, id } = ended
  return {
    exitCode,
    reason: reason || (exitCode === 0 ? 'Completed' : 'Error'),
    ...(message && { message }),
    startedAt: timeText(startedAtMs),
    finishedAt: timeText(finishedAtMs),
    containerID: `${runtimeName}://${id}`,
  }
}

function lost({ id, startedAtMs }: ContainerStatus, runtimeName: string): ContainerStateTerminated {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: timeText(startedAtMs),
    containerID: `${runtimeName}://${id}`,
  }
}

function mountStatuses({ container }: SpecContainer): readonly VolumeMountStatus[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
    name,
    mountPath,
    ...(readOnly && {
      readOnly,
      recursiveReadOnly: recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled',
    }),
  }))
}

export function knownStatus({ status }: Pod, name: string): ApiStatus | undefined {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = status ?? {}
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (it) => it.name === name,
  )
}

/** Whole seconds, UTC, as metav1.Time is written; 0 is Go's zero time, the epoch for readers. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
