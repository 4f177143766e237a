// Defaults of batch/v1.

import type { DraftOf } from '../draft.ts'
import type { CronJob, Job, JobSpec } from '../types.gen.ts'
import { defaultPodTemplate } from './pod-spec.ts'

const unlimitedRetries = 2 ** 31 - 1

export function defaultJob(job: DraftOf<Job>): void {
  const { spec, metadata } = job
  if (!spec) return
  defaultJobSpec(spec)
  const labels = spec.template?.metadata?.labels
  if (labels && metadata && !metadata.labels) metadata.labels = { ...labels }
}

function defaultJobSpec(spec: DraftOf<JobSpec>): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : unlimitedRetries
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  defaultPodTemplate(spec.template)
}

export function defaultCronJob({ spec }: DraftOf<CronJob>): void {
  if (!spec) return
  spec.concurrencyPolicy ??= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  // Of the job inside only the Pod template gets defaults; the rest comes when the Job is made.
  defaultPodTemplate(spec.jobTemplate?.spec?.template)
}
