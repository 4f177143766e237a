// Why a Pod's containers must not run any more, and how much time they are given. Pure.

import type { Pod } from '../../api/types.gen.ts'
import { latest, type ObservedPod } from './observed.ts'
import { shouldRestart } from './restart.ts'
import { specContainers } from './spec.ts'

export type PodEnd =
  /** The object is gone from the API: nothing may be left. */
  | 'gone'
  | 'deleted'
  /** activeDeadlineSeconds have passed. */
  | 'deadline'
  /** Failed or succeeded by its own doing, or by an eviction. */
  | 'completed'

export const deadlineExceeded = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const

export function podEnd(observed: ObservedPod): PodEnd | undefined {
  const { pod, isGone, nowMs } = observed
  if (isGone) return 'gone'
  if (pod.metadata.deletionTimestamp) return 'deleted'
  const atMs = deadlineMs(pod)
  if (atMs !== undefined && nowMs >= atMs) return 'deadline'
  return isTerminal(pod) || isCompleted(observed) ? 'completed' : undefined
}

export function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded'
}

export function deadlineMs({ spec, status }: Pod): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime) return undefined
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000
}

/** Every regular container has ended for good, or an init container has failed for good. */
function isCompleted({ pod, runtime }: ObservedPod): boolean {
  const ended = specContainers(pod).map(({ sort, container }) => {
    const last = latest(runtime, container.name)
    const isEnded =
      last?.state === 'EXITED' && !shouldRestart(pod, { sort, container, exitCode: last.exitCode })
    return { sort, isEnded, isFailed: isEnded && last.exitCode !== 0 }
  })
  return (
    ended.some(({ sort, isFailed }) => sort === 'init' && isFailed) ||
    ended.every(({ sort, isEnded }) => sort !== 'regular' || isEnded)
  )
}

/** Seconds from SIGTERM to SIGKILL; a deletion says, else the spec. At least 1. */
export function graceSeconds(pod: Pod, end: PodEnd): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const ownSeconds = pod.spec.terminationGracePeriodSeconds ?? 30
  const seconds =
    deletionTimestamp || end === 'gone' ? (deletionGracePeriodSeconds ?? 1) : ownSeconds
  return Math.max(1, seconds)
}
