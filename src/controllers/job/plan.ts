// Decides the next step of a Job: which Pods to make or end, how they are counted, and when the
// Job is over.

import type { Job, JobCondition, JobStatus, Pod } from '../../api/types.gen.ts'
import {
  type Action,
  create,
  deleteObject,
  note,
  nothing,
  type Plan,
  updateStatus,
  type Write,
} from '../../client/plan.ts'
import { claim } from '../ownership.ts'
import { isSame } from '../template-hash.ts'
import { type Counts, countedStatus, countPods, hasFailed, isIndexed } from './count.ts'
import { judge } from './failure-policy.ts'
import { indexesText, indexOf } from './indexes.ts'
import { newJobPod } from './new-pod.ts'
import { releasePod } from './release-pod.ts'
import { findTrue, type Verdict, verdictOn } from './verdict.ts'

export interface Observed {
  readonly job: Job
  readonly candidates: readonly Pod[]
}

const mostAtOnce = 500
/** Upstream's back-off between failures: 10 seconds, doubling, up to 10 minutes. */
const firstBackoffMs = 10_000
const lastBackoffMs = 600_000
const ours = 'kubernetes.io/job-controller'

export function planJob({ job, candidates }: Observed, now: Date): Plan {
  const { selector, managedBy = ours } = job.spec
  if (!selector || managedBy !== ours) return nothing
  const { claimed, actions } = claim({ owner: job, selector, kind: 'Pod', candidates })
  const isOver = findTrue(job, 'Complete') || findTrue(job, 'Failed')
  if (isOver || job.metadata.deletionTimestamp) {
    return { actions: [...actions, ...claimed.flatMap(releasePod)] }
  }
  const counts = withFailedIndexes(job, claimed)
  const verdict = verdictOn(job, claimed, { counts, now })
  const step = verdict
    ? endStep(job, counts, { verdict, now })
    : runStep(job, claimed, { counts, now })
  const written = isSame(withoutZeros(step.status), withoutZeros(job.status))
    ? []
    : [updateStatus('Job', { ...job, status: step.status })]
  return {
    // The status is written before finalizers go: a Pod that nobody can see was counted.
    actions: [...actions, ...written, ...counts.release.flatMap(releasePod), ...step.actions],
    ...(step.requeueAfterMs !== undefined && { requeueAfterMs: step.requeueAfterMs }),
  }
}

interface Step {
  readonly status: JobStatus
  readonly actions: readonly Action[]
  readonly requeueAfterMs?: number
}

/** Counts, with the indexes that have failed too often or that a policy gives up. */
function withFailedIndexes(job: Job, pods: readonly Pod[]): Counts {
  const counts = countPods(job, pods, (pod) => judge(job, pod).action === 'Ignore')
  const { backoffLimitPerIndex } = job.spec
  if (!isIndexed(job) || backoffLimitPerIndex === undefined) return counts
  const failures = new Map<number, number>()
  const failedIndexes = new Set(counts.failedIndexes)
  for (const pod of pods.filter((each) => hasFailed(job, each))) {
    const index = indexOf(pod)
    const { action } = judge(job, pod)
    if (index === undefined || action === 'Ignore' || counts.doneIndexes.has(index)) continue
    const count = (failures.get(index) ?? 0) + 1
    failures.set(index, count)
    if (action === 'FailIndex' || count > backoffLimitPerIndex) failedIndexes.add(index)
  }
  return { ...counts, failedIndexes }
}

function baseStatus(job: Job, counts: Counts): JobStatus {
  const hasFailedIndexes = isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined
  return {
    ...countedStatus(job, counts),
    ...(hasFailedIndexes && { failedIndexes: indexesText(counts.failedIndexes) }),
  }
}

interface Moment {
  readonly counts: Counts
  readonly now: Date
}

/** First it is said that the Job will end so, and its Pods are ended; then that it has. */
function endStep(
  job: Job,
  counts: Counts,
  { verdict, now }: { readonly verdict: Verdict; readonly now: Date },
): Step {
  const base = baseStatus(job, counts)
  const { type, reason, message } = verdict
  const target = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
  const announced = withCondition(base, { type: target, status: 'True', reason, message }, now)
  const ending = counts.active.map((pod) => deletePod(job, pod))
  const { uncounted } = counts
  const isCounted = uncounted.succeeded.length + uncounted.failed.length === 0
  const isQuiet = counts.active.length === 0 && counts.terminating.length === 0
  if (!isCounted || !isQuiet || counts.release.length > 0)
    return { status: announced, actions: ending }
  const ended = withCondition(announced, { type, status: 'True', reason, message }, now)
  const status = type === 'Complete' ? { ...ended, completionTime: timeOf(now) } : ended
  const told =
    type === 'Complete'
      ? note(job, 'Normal', 'Completed', 'Job completed')
      : note(job, 'Warning', reason, message)
  return { status, actions: [told] }
}

function runStep(job: Job, pods: readonly Pod[], { counts, now }: Moment): Step {
  const base = baseStatus(job, counts)
  const suspension = job.status?.conditions?.find(({ type }) => type === 'Suspended')
  if (job.spec.suspend) {
    const said = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
    }
    const { startTime: _, ...status } = withCondition(base, said, now)
    const isNews = suspension?.status !== 'True'
    return {
      status,
      actions: [
        ...counts.active.map((pod) => deletePod(job, pod)),
        ...(isNews ? [note(job, 'Normal', 'Suspended', 'Job suspended')] : []),
      ],
    }
  }
  const isResumed = suspension?.status === 'True'
  const said = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }
  const resumed = isResumed ? withCondition(base, said, now) : base
  const status = { ...resumed, startTime: base.startTime ?? timeOf(now) }
  const { actions, requeueAfterMs } = managePods(job, pods, { counts, now })
  const deadlineMs =
    job.spec.activeDeadlineSeconds !== undefined
      ? Date.parse(status.startTime) + job.spec.activeDeadlineSeconds * 1000 - now.getTime()
      : undefined
  const waits = [requeueAfterMs, deadlineMs].filter((each) => each !== undefined)
  return {
    status,
    actions: [...(isResumed ? [note(job, 'Normal', 'Resumed', 'Job resumed')] : []), ...actions],
    ...(waits.length > 0 && { requeueAfterMs: Math.max(0, Math.min(...waits)) }),
  }
}

function managePods(
  job: Job,
  pods: readonly Pod[],
  { counts, now }: Moment,
): { readonly actions: readonly Action[]; readonly requeueAfterMs?: number } {
  const { parallelism = 1, completions } = job.spec
  const { active, terminating, doneIndexes, failedIndexes } = counts
  const left = isIndexed(job)
    ? (completions ?? 0) - doneIndexes.size - failedIndexes.size
    : (completions ?? Infinity) - counts.succeeded
  // Without a number of completions the first success ends the making of new ones.
  const isWindingDown = completions === undefined && counts.succeeded > 0
  const wanted = isWindingDown ? Math.min(active.length, parallelism) : Math.min(parallelism, left)
  const useless = isIndexed(job) ? uselessPods(active, counts) : []
  const surplus = active.length - useless.length - wanted
  if (useless.length > 0 || surplus > 0) {
    const rest = active.filter((pod) => !useless.includes(pod)).slice(0, Math.max(0, surplus))
    return { actions: [...useless, ...rest].map((pod) => deletePod(job, pod)) }
  }
  const waitsFor = job.spec.podReplacementPolicy === 'Failed' ? terminating.length : 0
  const missing = Math.min(-surplus - waitsFor, mostAtOnce)
  if (missing <= 0) return { actions: [] }
  const waitMs = backoffMs(job, pods, now)
  if (waitMs > 0) return { actions: [], requeueAfterMs: waitMs }
  const indexes = isIndexed(job) ? freeIndexes(completions ?? 0, counts) : undefined
  const writes = Array.from({ length: Math.min(missing, indexes?.length ?? missing) }, (_, at) =>
    createPod(job, indexes?.[at]),
  )
  return { actions: [{ verb: 'batches', writes }] }
}

/** Pods for an index that is done, given up, out of range or taken by another. */
function uselessPods(
  active: readonly Pod[],
  { doneIndexes, failedIndexes }: Counts,
): readonly Pod[] {
  const seen = new Set<number>()
  return active.filter((pod) => {
    const index = indexOf(pod)
    if (index === undefined || doneIndexes.has(index) || failedIndexes.has(index)) return true
    if (seen.has(index)) return true
    seen.add(index)
    return false
  })
}

function freeIndexes(completions: number, counts: Counts): readonly number[] {
  const { active, terminating, doneIndexes, failedIndexes } = counts
  const taken = new Set([...active, ...terminating].map(indexOf))
  return Array.from({ length: completions }, (_, index) => index).filter(
    (index) => !taken.has(index) && !doneIndexes.has(index) && !failedIndexes.has(index),
  )
}

/** Time left of the wait after failures in a row since the last success. */
function backoffMs(job: Job, pods: readonly Pod[], now: Date): number {
  const endedMs = (pod: Pod) =>
    Math.max(
      Date.parse(pod.metadata.deletionTimestamp ?? '') || 0,
      ...(pod.status?.containerStatuses ?? []).map(
        ({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0,
      ),
    )
  const lastSuccessMs = Math.max(
    0,
    ...pods.filter(({ status }) => status?.phase === 'Succeeded').map(endedMs),
  )
  const failures = pods
    .filter((pod) => hasFailed(job, pod))
    .map(endedMs)
    .filter((atMs) => atMs > lastSuccessMs)
  if (failures.length === 0) return 0
  const delayMs = Math.min(firstBackoffMs * 2 ** (failures.length - 1), lastBackoffMs)
  return Math.max(0, Math.max(...failures) + delayMs - now.getTime())
}

function createPod(job: Job, index: number | undefined): Write {
  const write = create('Pod', newJobPod(job, index), {
    success: ({ metadata }) => ({
      regarding: job,
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${metadata.name}`,
    }),
    failure: (error) => ({
      regarding: job,
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${error.message}`,
    }),
  })
  return { ...write, ignore: ['NamespaceTerminating'] }
}

function deletePod(job: Job, pod: Pod): Write {
  const message = `Deleted pod: ${pod.metadata.name}`
  const success = () =>
    ({ regarding: job, type: 'Normal', reason: 'SuccessfulDelete', message }) as const
  return deleteObject('Pod', pod, { report: { success } })
}

function withCondition(
  status: JobStatus,
  wanted: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: Date,
): JobStatus {
  const { conditions = [] } = status
  const current = conditions.find(({ type }) => type === wanted.type)
  if (current?.status === wanted.status) return status
  const time = timeOf(now)
  const condition = { ...wanted, lastProbeTime: time, lastTransitionTime: time }
  return {
    ...status,
    conditions: [...conditions.filter((each) => each !== current), condition],
  }
}

const timeOf = (now: Date) => `${now.toISOString().slice(0, 19)}Z`

const withoutZeros = (status: object | undefined) =>
  Object.fromEntries(
    Object.entries({ ...status }).filter(([, value]) => value !== 0 && value !== ''),
  )
