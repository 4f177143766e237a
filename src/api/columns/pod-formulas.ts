// The cells of Pods: how many containers are ready, what state it is in, restarts.

import { type DraftOf, draftAs } from '../draft.ts'
import type { ContainerStatus, Pod } from '../types.gen.ts'
import { ageText } from './duration.ts'
import type { Formulas, Scope } from './expression.ts'
import { none } from './text.ts'

type PodDraft = DraftOf<Pod>
type Status = DraftOf<ContainerStatus>

export const podFormulas: Formulas = {
  podReady: (_, scope) => readyText(podOf(scope)),
  podStatus: (_, scope) => statusText(podOf(scope)),
  podRestarts: (_, scope) => restartsText(podOf(scope), scope.nowMs),
  podReadinessGates: (_, scope) => readinessGatesText(podOf(scope)),
}

function podOf({ object }: Scope): PodDraft {
  return draftAs<Pod>(object)
}

/** The init containers' part of the story. */
interface Start {
  /** What init containers are at, when they are not done. */
  readonly reason: string | undefined
  /** Statuses looked at, up to and with the one that is not done. */
  readonly seen: readonly Status[]
}

function startOf(pod: PodDraft): Start {
  const statuses = pod.status?.initContainerStatuses ?? []
  const sidecars = sidecarNames(pod)
  const total = pod.spec?.initContainers?.length ?? 0
  const index = statuses.findIndex((status) => !isDone(status, sidecars))
  const status = statuses[index]
  if (!status) return { reason: undefined, seen: statuses }
  return { reason: initReason(status, index, total), seen: statuses.slice(0, index + 1) }
}

function sidecarNames(pod: PodDraft): ReadonlySet<string | undefined> {
  const sidecars = pod.spec?.initContainers?.filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  )
  return new Set(sidecars?.map(({ name }) => name))
}

function isDone(
  { state, name, started }: Status,
  sidecars: ReadonlySet<string | undefined>,
): boolean {
  if (state?.terminated) return (state.terminated.exitCode ?? 0) === 0
  return sidecars.has(name) && started === true
}

function initReason({ state }: Status, index: number, total: number): string {
  const { terminated, waiting } = state ?? {}
  if (terminated?.reason) return `Init:${terminated.reason}`
  if (terminated?.signal) return `Init:Signal:${terminated.signal}`
  if (terminated) return `Init:ExitCode:${terminated.exitCode ?? 0}`
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`
  return `Init:${index}/${total}`
}

function hasCondition(pod: PodDraft, type: string): boolean {
  return (
    pod.status?.conditions?.some(
      (condition) => condition.type === type && condition.status === 'True',
    ) ?? false
  )
}

/** The main containers count once the init containers are done. */
function isStarting(pod: PodDraft, start: Start): boolean {
  return start.reason !== undefined && !hasCondition(pod, 'Initialized')
}

function readyText(pod: PodDraft): string {
  const sidecars = sidecarNames(pod)
  const total = (pod.spec?.containers?.length ?? 0) + sidecars.size
  const start = startOf(pod)
  const readySidecars = start.seen.filter(
    ({ name, started, ready }) => sidecars.has(name) && started && ready,
  )
  const mains = isStarting(pod, start) ? [] : (pod.status?.containerStatuses ?? [])
  const readyMains = mains.filter(({ ready, state }) => ready && state?.running)
  return `${readySidecars.length + readyMains.length}/${total}`
}

function statusText(pod: PodDraft): string {
  const { metadata, status } = pod
  const { phase } = status ?? {}
  const start = startOf(pod)
  const reason = isStarting(pod, start) ? (start.reason ?? '') : mainReason(pod, start.reason)
  if (!metadata?.deletionTimestamp) return reason
  if (status?.reason === 'NodeLost') return 'Unknown'
  return phase === 'Succeeded' || phase === 'Failed' ? reason : 'Terminating'
}

function mainReason(pod: PodDraft, initial: string | undefined): string {
  const statuses = pod.status?.containerStatuses ?? []
  let reason = initial ?? baseReason(pod)
  let errorReason = ''
  let hasRunning = false
  for (const { state, ready } of statuses.toReversed()) {
    const { waiting, terminated, running } = state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated) {
      reason = terminatedReason(terminated)
      if (terminated.exitCode) errorReason = reason
    } else if (ready && running) hasRunning = true
  }
  if (reason !== 'Completed') return reason
  if (hasRunning && hasCondition(pod, 'Ready')) return 'Running'
  if (errorReason) return errorReason
  return hasRunning ? 'NotReady' : reason
}

function baseReason(pod: PodDraft): string {
  const { phase = '', reason, conditions } = pod.status ?? {}
  const isGated = conditions?.some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  )
  return isGated ? 'SchedulingGated' : reason || phase
}

type Terminated = NonNullable<NonNullable<Status['state']>['terminated']>

function terminatedReason({ reason, signal, exitCode = 0 }: Terminated): string {
  if (reason) return reason
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`
}

function restartsText(pod: PodDraft, nowMs: number): string {
  const start = startOf(pod)
  const sidecars = sidecarNames(pod)
  const counted = isStarting(pod, start)
    ? start.seen
    : [
        ...(pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
        ...(pod.status?.containerStatuses ?? []),
      ]
  const count = counted.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const ends = counted.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? [])
  const last = ends.toSorted().at(-1)
  return count > 0 && last ? `${count} (${ageText(last, nowMs)} ago)` : String(count)
}

function readinessGatesText(pod: PodDraft): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return none
  const open = gates.filter(({ conditionType }) => hasCondition(pod, conditionType ?? ''))
  return `${open.length}/${gates.length}`
}

/** A Pod that has ended is marked so that `kubectl wait` and printers can tell. */
export function podRowConditions(pod: PodDraft): readonly RowCondition[] {
  const { phase } = pod.status ?? {}
  if (phase === 'Succeeded') return [{ ...ended, reason: 'Succeeded', message: succeededMessage }]
  return phase === 'Failed' ? [{ ...ended, reason: 'Failed', message: failedMessage }] : []
}

export interface RowCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

const ended = { type: 'Completed', status: 'True' }
const succeededMessage = 'The pod has completed successfully.'
const failedMessage = 'The pod failed.'
