// Whether a Job is done for: by success, or by one of the ways to fail.

import type { Job, JobCondition, Pod, SuccessPolicyRule } from '../../api/types.gen.ts'
import { isActive, restartsOf } from '../pod-state.ts'
import { type Counts, hasFailed, isIndexed } from './count.ts'
import { judge } from './failure-policy.ts'
import { parseIndexes } from './indexes.ts'

export interface Verdict {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

export function findTrue(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((each) => each.type === type && each.status === 'True')
}

/** What has been decided already stays decided; else the first reason that holds. */
export function verdictOn(
  job: Job,
  pods: readonly Pod[],
  { counts, now }: { readonly counts: Counts; readonly now: Date },
): Verdict | undefined {
  const failing = findTrue(job, 'FailureTarget')
  if (failing) return said('Failed', failing)
  const succeeding = findTrue(job, 'SuccessCriteriaMet')
  if (succeeding) return said('Complete', succeeding)
  return failure(job, pods, { counts, now }) ?? success(job, counts)
}

const said = (type: Verdict['type'], { reason = '', message = '' }: JobCondition): Verdict => ({
  type,
  reason,
  message,
})

function failure(
  job: Job,
  pods: readonly Pod[],
  { counts, now }: { readonly counts: Counts; readonly now: Date },
): Verdict | undefined {
  const failed = (reason: string, message: string): Verdict => ({ type: 'Failed', reason, message })
  for (const pod of pods.filter((each) => hasFailed(job, each))) {
    const verdict = judge(job, pod)
    if (verdict.action === 'FailJob') return failed('PodFailurePolicy', verdict.message)
  }
  const { backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes } = job.spec
  if (counts.failed > backoffLimit || restartsBeyond(job, pods, backoffLimit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const { startTime } = job.status ?? {}
  if (activeDeadlineSeconds !== undefined && startTime && job.spec.suspend !== true) {
    const lateMs = now.getTime() - Date.parse(startTime) - activeDeadlineSeconds * 1000
    if (lateMs >= 0) {
      return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
    }
  }
  const { failedIndexes, doneIndexes } = counts
  if (!isIndexed(job) || failedIndexes.size === 0) return undefined
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return failed('MaxFailedIndexesExceeded', message)
  }
  return failedIndexes.size + doneIndexes.size >= (job.spec.completions ?? 0)
    ? failed('FailedIndexes', 'Job has failed indexes')
    : undefined
}

/** Containers that are restarted in place count by their restarts. */
function restartsBeyond({ spec }: Job, pods: readonly Pod[], limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = pods.filter(isActive).reduce((sum, pod) => sum + restartsOf(pod), 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function success(job: Job, counts: Counts): Verdict | undefined {
  const { completions, successPolicy } = job.spec
  const rules = successPolicy?.rules ?? []
  const matched = rules.findIndex((rule) => isMet(rule, counts.doneIndexes, completions ?? 0))
  if (matched >= 0) {
    return {
      type: 'Complete',
      reason: 'SuccessPolicy',
      message: `Matched rules at index ${matched}`,
    }
  }
  // Without a number of completions one success is enough, once the others have ended too.
  const isDone =
    completions === undefined
      ? counts.succeeded > 0 && counts.active.length === 0
      : counts.succeeded >= completions
  if (!isDone) return undefined
  return {
    type: 'Complete',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  }
}

function isMet(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  done: ReadonlySet<number>,
  completions: number,
): boolean {
  const meant = succeededIndexes ? parseIndexes(succeededIndexes, completions) : undefined
  const count = [...done].filter((index) => !meant || meant.has(index)).length
  return count >= (succeededCount ?? meant?.size ?? Infinity)
}
