// A Pod that shall run: volumes, then a sandbox, then its containers in order, one start at a
// time; kills of what failed its probes or changed; removal of what is two lives old. Pure.

import type { ContainerStatus, PodSandboxStatus } from '../../cri/cri.ts'
import { backOffEnd, delayText, nextBackOff } from './back-off.ts'
import { deadlineMs, graceSeconds } from './end.ts'
import { annotation, containerHash } from './labels.ts'
import { isAlive, latest, type ObservedPod, readySandbox } from './observed.ts'
import type { KillContainer, PodAction, PodPlan, StartContainer, Waiting } from './plan.ts'
import { shouldRestart } from './restart.ts'
import { podText, type SpecContainer, specContainers } from './spec.ts'

/** For how long a failed start is shown as such before it is shown as a wait. */
const failureShownMs = 3000

export function planRun(observed: ObservedPod): PodPlan {
  const { memory, nowMs, pod } = observed
  const sandbox = readySandbox(observed.runtime)
  const outcomes = sandbox ? planContainers(observed, sandbox) : []
  const actions = [
    ...(sandbox ? refresh(observed) : planSandbox(observed)),
    ...outcomes.flatMap(({ kill }) => kill ?? []),
    ...leftOvers(observed),
    ...nextStarts(observed, outcomes),
  ]
  const times = [
    ...outcomes.flatMap(({ lookAgainAtMs }) => lookAgainAtMs ?? []),
    deadlineMs(pod) ?? Number.POSITIVE_INFINITY,
    memory.podRetryAtMs,
    memory.volumesRefreshAtMs,
  ].filter((atMs) => atMs > nowMs && atMs < Number.POSITIVE_INFINITY)
  return {
    actions,
    waiting: new Map(outcomes.flatMap(({ name, wait }) => (wait ? [[name, wait]] : []))),
    ...(times.length > 0 && { lookAgainAtMs: Math.min(...times) }),
  }
}

function planSandbox(observed: ObservedPod): readonly PodAction[] {
  const { memory, nowMs, runtime } = observed
  const { busy } = memory
  if (busy.volumes || busy.sandbox || memory.podRetryAtMs > nowMs) return []
  if (!memory.volumesMounted) return [{ type: 'mountVolumes' }]
  const stale = runtime.sandboxes[0]
  const alive = runtime.containers.filter(isAlive)
  if (stale && (alive.length > 0 || stale.state === 'READY'))
    return [{ type: 'stopSandbox', id: stale.id, isReplaced: true }]
  return [{ type: 'createSandbox', attempt: stale ? stale.metadata.attempt + 1 : 0 }]
}

function refresh({ memory, nowMs }: ObservedPod): readonly PodAction[] {
  const isDue = memory.volumesRefreshAtMs <= nowMs || !memory.volumesMounted
  return isDue && !memory.busy.volumes && memory.podRetryAtMs <= nowMs
    ? [{ type: 'mountVolumes' }]
    : []
}

/** What one container's state asks for; `blocks` holds back those after it. */
interface Outcome {
  readonly name: string
  readonly sort: SpecContainer['sort']
  readonly start?: StartContainer
  readonly kill?: KillContainer
  readonly wait?: Waiting
  readonly lookAgainAtMs?: number
  readonly blocks: boolean
}

function planContainers(observed: ObservedPod, sandbox: PodSandboxStatus): readonly Outcome[] {
  const { pod, runtime } = observed
  const isInitialized = pod.spec.containers.some(
    ({ name }) => latest(runtime, name)?.podSandboxId === sandbox.id,
  )
  return specContainers(pod)
    .filter(({ sort }) => sort !== 'init' || !isInitialized)
    .map((entry) => planContainer(observed, sandbox, entry))
}

function planContainer(
  observed: ObservedPod,
  sandbox: PodSandboxStatus,
  entry: SpecContainer,
): Outcome {
  const { sort, container } = entry
  const { name } = container
  const last = latest(observed.runtime, name)
  const isHere = last?.podSandboxId === sandbox.id
  if (last && isHere && last.state === 'RUNNING') return running(observed, last, entry)
  const base = { name, sort }
  if (last?.state === 'EXITED' && (isHere || sort !== 'init')) {
    if (!shouldRestart(observed.pod, { sort, container, exitCode: last.exitCode }))
      return { ...base, blocks: sort === 'init' && last.exitCode !== 0 }
    return restart(observed, sandbox, last, entry)
  }
  return { ...base, ...startOrWait(observed, sandbox, name), blocks: blocksUntilDone(sort) }
}

function running(observed: ObservedPod, last: ContainerStatus, entry: SpecContainer): Outcome {
  const { sort, container } = entry
  const { name } = container
  const isStarting = observed.memory.busy.starting.has(name)
  const kill = isStarting ? undefined : killOf(observed, last, entry)
  const isStarted = !isStarting && observed.probes.started(last.id)
  const blocks = sort === 'init' || (sort === 'sidecar' && !isStarted)
  return { name, sort, ...(kill && { kill }), blocks }
}

function killOf(
  { pod, probes, memory }: ObservedPod,
  last: ContainerStatus,
  { container }: SpecContainer,
): KillContainer | undefined {
  if (memory.busy.killing.has(last.id)) return undefined
  const { name } = container
  const failed = probes.failed(last.id)
  const isChanged = last.annotations[annotation.hash] !== containerHash(container)
  if (!failed && !isChanged) return undefined
  const message = failed
    ? `Container ${name} failed ${failed.probe} probe, will be restarted`
    : `Container ${name} definition changed, will be restarted`
  const seconds = failed?.graceSeconds ?? graceSeconds(pod, 'completed')
  return { type: 'killContainer', id: last.id, name, graceSeconds: seconds, message }
}

function restart(
  observed: ObservedPod,
  sandbox: PodSandboxStatus,
  last: ContainerStatus,
  { sort, container }: SpecContainer,
): Outcome {
  const { pod, memory, nowMs } = observed
  const { name } = container
  const base = { name, sort, blocks: blocksUntilDone(sort) }
  const entry = memory.backOffs.get(name)
  const endMs = backOffEnd(entry, last.finishedAtMs)
  if (entry && endMs !== undefined && nowMs < endMs) {
    const message = `back-off ${delayText(entry.delayMs)} restarting failed container=${name} pod=${podText(pod)}`
    return { ...base, wait: { reason: 'CrashLoopBackOff', message }, lookAgainAtMs: endMs }
  }
  const backOff = nextBackOff(entry, last.finishedAtMs, nowMs)
  return { ...base, ...startOrWait(observed, sandbox, name, backOff) }
}

function startOrWait(
  observed: ObservedPod,
  sandbox: PodSandboxStatus,
  name: string,
  backOff?: StartContainer['backOff'],
): Pick<Outcome, 'start' | 'wait' | 'lookAgainAtMs'> {
  const { memory, nowMs, runtime } = observed
  const failure = memory.failures.get(name)
  if (memory.busy.starting.has(name)) return failure ? { wait: failure.afterwards ?? failure } : {}
  if (failure && nowMs < failure.retryAtMs) {
    const shownUntilMs = failure.atMs + failureShownMs
    if (failure.afterwards && nowMs >= shownUntilMs)
      return { wait: failure.afterwards, lookAgainAtMs: failure.retryAtMs }
    const { reason, message } = failure
    const lookAgainAtMs = failure.afterwards
      ? Math.min(shownUntilMs, failure.retryAtMs)
      : failure.retryAtMs
    return { wait: { reason, message }, lookAgainAtMs }
  }
  const attempt = nextAttempt(observed, runtime.containers, name)
  return {
    start: {
      type: 'startContainer',
      name,
      sandboxId: sandbox.id,
      attempt,
      ...(backOff && { backOff }),
    },
    ...(failure?.afterwards && { wait: failure.afterwards }),
  }
}

/** Counts on from the runtime's containers, or from the status where the runtime lost them. */
function nextAttempt(
  { pod }: ObservedPod,
  containers: readonly ContainerStatus[],
  name: string,
): number {
  const last = containers.find(({ metadata }) => metadata.name === name)
  if (last) return last.state === 'CREATED' ? last.metadata.attempt : last.metadata.attempt + 1
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const known = [...initContainerStatuses, ...containerStatuses].find((it) => it.name === name)
  return known?.containerID ? known.restartCount + 1 : 0
}

function blocksUntilDone(sort: SpecContainer['sort']): boolean {
  return sort === 'init' || sort === 'sidecar'
}

/** The next container in order and any ephemeral one; never two of the order at once. */
function nextStarts(
  { memory }: ObservedPod,
  outcomes: readonly Outcome[],
): readonly StartContainer[] {
  const ephemeral = outcomes.filter(({ sort }) => sort === 'ephemeral')
  const ordered = outcomes.filter(({ sort }) => sort !== 'ephemeral')
  const isBusy = ordered.some(({ name }) => memory.busy.starting.has(name))
  const barrier = ordered.findIndex(({ blocks }) => blocks)
  const allowed = barrier < 0 ? ordered : ordered.slice(0, barrier + 1)
  const next = isBusy ? undefined : allowed.find(({ start }) => start)?.start
  const starts = [...ephemeral.flatMap(({ start }) => start ?? []), ...(next ? [next] : [])]
  return memory.volumesMounted ? starts : []
}

/** Beside the living one the last dead container is kept, for its logs and its exit code. */
function leftOvers({ runtime, memory }: ObservedPod): readonly PodAction[] {
  const kept = new Set<string>()
  const old = runtime.containers.filter(({ state, metadata, id }) => {
    if (state === 'RUNNING' || state === 'UNKNOWN' || memory.busy.killing.has(id)) return false
    if (state === 'CREATED') return !memory.busy.starting.has(metadata.name)
    if (kept.has(metadata.name)) return true
    kept.add(metadata.name)
    return false
  })
  const gone = new Set(old.map(({ id }) => id))
  const used = new Set(
    runtime.containers.filter(({ id }) => !gone.has(id)).map(({ podSandboxId }) => podSandboxId),
  )
  return [
    ...old.map(({ id }) => ({ type: 'removeContainer' as const, id })),
    ...runtime.sandboxes
      .slice(1)
      .filter(({ id, state }) => !used.has(id) && state !== 'READY')
      .map(({ id }) => ({ type: 'removeSandbox' as const, id })),
  ]
}
