// What has become of a Job's Pods. A Pod is counted once: its uid goes into the status, then its
// finalizer is taken away, then the counter goes up and the uid goes out of the status again.

import type { Job, JobStatus, Pod } from '../../api/types.gen.ts'
import { isReady } from '../pod-state.ts'
import { indexesText, indexOf, parseIndexes } from './indexes.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

export interface Counts {
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
  readonly ready: number
  readonly succeeded: number
  readonly failed: number
  /** Of an Indexed Job. */
  readonly doneIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  /** Pods whose end the status will tell of: their finalizer may go once it is written. */
  readonly release: readonly Pod[]
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] }
  /** Counters without the uncounted ones, as the status has them. */
  readonly counted: { readonly succeeded: number; readonly failed: number }
}

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'
const uidOf = ({ metadata }: Pod) => metadata.uid ?? ''
const isTracked = ({ metadata }: Pod) => metadata.finalizers?.includes(trackingFinalizer) ?? false

export function hasFailed({ spec }: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true
  const waitsForEnd = spec.podReplacementPolicy === 'Failed'
  return !waitsForEnd && pod.metadata.deletionTimestamp !== undefined && !hasSucceeded(pod)
}

export const hasSucceeded = ({ status }: Pod): boolean => status?.phase === 'Succeeded'

/** `isIgnored`: failures that the Job's policy does not count. */
export function countPods(
  job: Job,
  pods: readonly Pod[],
  isIgnored: (pod: Pod) => boolean,
): Counts {
  const byUid = new Map(pods.map((pod) => [uidOf(pod), pod]))
  const before = job.status?.uncountedTerminatedPods ?? {}
  const [doneBefore, failedBefore] = [before.succeeded ?? [], before.failed ?? []]
  const stillHeld = (uid: string) => {
    const pod = byUid.get(uid)
    return pod !== undefined && isTracked(pod)
  }
  const known = new Set([...doneBefore, ...failedBefore])
  const fresh = pods.filter((pod) => isTracked(pod) && !known.has(uidOf(pod)))
  const indexed = isIndexed(job)
  const limit = job.spec.completions ?? 0
  const doneIndexes = new Set(parseIndexes(job.status?.completedIndexes, limit))
  const freshDone = fresh.filter((pod) => {
    if (!hasSucceeded(pod)) return false
    const index = indexOf(pod)
    if (!indexed) return true
    // A second Pod for an index that is done already counts for nothing.
    if (index === undefined || index >= limit || doneIndexes.has(index)) return false
    doneIndexes.add(index)
    return true
  })
  const freshFailed = fresh.filter((pod) => hasFailed(job, pod) && !isIgnored(pod))
  const counted = {
    succeeded: (job.status?.succeeded ?? 0) + doneBefore.filter((uid) => !stillHeld(uid)).length,
    failed: (job.status?.failed ?? 0) + failedBefore.filter((uid) => !stillHeld(uid)).length,
  }
  const uncounted = {
    succeeded: [...doneBefore.filter(stillHeld), ...freshDone.map(uidOf)],
    failed: [...failedBefore.filter(stillHeld), ...freshFailed.map(uidOf)],
  }
  const running = pods.filter((pod) => !hasSucceeded(pod) && pod.status?.phase !== 'Failed')
  const active = running.filter(({ metadata }) => !metadata.deletionTimestamp)
  return {
    active,
    terminating: running.filter(({ metadata }) => metadata.deletionTimestamp),
    ready: active.filter(isReady).length,
    counted,
    uncounted,
    succeeded: indexed ? doneIndexes.size : counted.succeeded + uncounted.succeeded.length,
    failed: counted.failed + uncounted.failed.length,
    doneIndexes,
    failedIndexes: parseIndexes(job.status?.failedIndexes, limit),
    release: pods.filter((pod) => isTracked(pod) && (hasSucceeded(pod) || hasFailed(job, pod))),
  }
}

/** The counters of the status; the caller adds conditions and times. */
export function countedStatus(job: Job, counts: Counts): JobStatus {
  const { active, terminating, ready, counted, uncounted } = counts
  const { succeeded, failed } = uncounted
  return {
    ...job.status,
    active: active.length,
    terminating: terminating.length,
    ready,
    succeeded: isIndexed(job) ? counts.doneIndexes.size : counted.succeeded,
    failed: counted.failed,
    ...(isIndexed(job) && { completedIndexes: indexesText(counts.doneIndexes) }),
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 && { succeeded }),
      ...(failed.length > 0 && { failed }),
    },
  }
}
