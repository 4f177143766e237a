// What a Pod's status says, as every controller reads it.

import type { Pod } from '../api/types.gen.ts'
import { findCondition } from './conditions.ts'

export function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Neither ended nor ending. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isTerminating(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined
}

export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True'
}

/** Since when the Pod is ready, in ms; undefined while it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const ready = findCondition(pod.status?.conditions, 'Ready')
  if (ready?.status !== 'True') return undefined
  return Date.parse(ready.lastTransitionTime ?? '') || 0
}

/** Milliseconds until the Pod counts as available: 0 now, Infinity when it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, now: Date): number {
  const sinceMs = readySinceMs(pod)
  if (sinceMs === undefined) return Infinity
  if (minReadySeconds === 0) return 0
  return Math.max(0, sinceMs + minReadySeconds * 1000 - now.getTime())
}

export function isAvailable(pod: Pod, minReadySeconds: number, now: Date): boolean {
  return availableInMs(pod, minReadySeconds, now) === 0
}

/** The next moment at which a ready Pod becomes available, for a requeue. */
export function nextAvailableInMs(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: Date,
): number | undefined {
  const waits = pods
    .map((pod) => availableInMs(pod, minReadySeconds, now))
    .filter((waitMs) => waitMs > 0 && waitMs < Infinity)
  return waits.length > 0 ? Math.min(...waits) : undefined
}

export function restartsOf({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount))
}

export function createdAtMs({ metadata }: { readonly metadata: Pod['metadata'] }): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}
