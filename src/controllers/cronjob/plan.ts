// Decides when a CronJob starts its next Job, which it replaces, and which it forgets.

import { controllerReference } from '../../api/meta.ts'
import type { CronJob, CronJobStatus, Job } from '../../api/types.gen.ts'
import { referenceTo } from '../../client/events.ts'
import {
  type Action,
  create,
  deleteObject,
  note,
  type Plan,
  updateStatus,
} from '../../client/plan.ts'
import { isSame } from '../template-hash.ts'
import { parseSchedule, type Schedule } from './schedule.ts'

export interface Observed {
  readonly cronJob: CronJob
  /** Those it controls. */
  readonly jobs: readonly Job[]
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Beyond so many missed times something is wrong with the clock or the schedule. */
const mostMissed = 100

export function planCronJob({ cronJob, jobs }: Observed, now: Date): Plan {
  if (cronJob.metadata.deletionTimestamp) return { actions: [] }
  const { status, actions: seen } = track(cronJob, jobs)
  const finish = (
    next: CronJobStatus,
    actions: readonly Action[],
    requeueAfterMs?: number,
  ): Plan => ({
    actions: [
      ...seen,
      ...forget(cronJob, jobs),
      ...actions,
      ...(isSame(next, cronJob.status ?? {})
        ? []
        : [updateStatus('CronJob', { ...cronJob, status: next })]),
    ],
    ...(requeueAfterMs !== undefined && { requeueAfterMs }),
  })
  const { schedule: text, timeZone, suspend } = cronJob.spec
  if (suspend) return finish(status, [])
  let schedule: Schedule
  try {
    schedule = parseSchedule(text, timeZone)
  } catch (error) {
    const message = `unparseable schedule: ${text} : ${error instanceof Error ? error.message : error}`
    return finish(status, [note(cronJob, 'Warning', 'UnparseableSchedule', message)])
  }
  const { due, missed } = dueTime(cronJob, schedule, now)
  const nextMs = (schedule.next(now)?.getTime() ?? Infinity) - now.getTime()
  const later = nextMs < Infinity ? nextMs + 100 : undefined
  if (!due) return finish(status, [], later)
  const warnings = missed > mostMissed ? [tooManyMissed(cronJob)] : []
  const deadline = cronJob.spec.startingDeadlineSeconds
  if (deadline !== undefined && due.getTime() + deadline * 1000 < now.getTime()) {
    const message = `Missed scheduled time to start a job: ${due.toUTCString()}`
    return finish(status, [...warnings, note(cronJob, 'Warning', 'MissSchedule', message)], later)
  }
  const active = jobs.filter((job) => !isFinished(job))
  const policy = cronJob.spec.concurrencyPolicy ?? 'Allow'
  if (policy === 'Forbid' && active.length > 0) {
    const message =
      'Not starting job because prior execution is running and concurrency policy is Forbid'
    return finish(
      status,
      [...warnings, note(cronJob, 'Normal', 'JobAlreadyActive', message)],
      later,
    )
  }
  const replaced = policy === 'Replace' ? active.map((job) => deleteJob(cronJob, job)) : []
  const job = newJob(cronJob, due)
  if (jobs.some(({ metadata }) => metadata.name === job.metadata.name)) {
    return finish({ ...status, lastScheduleTime: timeOf(due) }, warnings, later)
  }
  const made = create('Job', job, {
    success: ({ metadata }) =>
      told(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${metadata.name}`),
    failure: (error) =>
      told(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error.message}`),
  })
  const started = { ...made, ignore: ['AlreadyExists', 'NamespaceTerminating'] as const }
  const next = { ...status, lastScheduleTime: timeOf(due) }
  return finish(next, [...warnings, ...replaced, started], later)
}

const told = (regarding: CronJob, type: 'Normal' | 'Warning', reason: string, message: string) => ({
  regarding,
  type,
  reason,
  message,
})

/** The last time that has passed since the last start, and how many have. */
function dueTime(cronJob: CronJob, schedule: Schedule, now: Date): { due?: Date; missed: number } {
  const { lastScheduleTime } = cronJob.status ?? {}
  const { startingDeadlineSeconds } = cronJob.spec
  const sinceMs = Math.max(
    Date.parse(lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '') || 0,
    startingDeadlineSeconds === undefined ? 0 : now.getTime() - startingDeadlineSeconds * 1000,
  )
  let due: Date | undefined
  let missed = 0
  for (let at = schedule.next(new Date(sinceMs)); at && at <= now; at = schedule.next(at)) {
    due = at
    missed += 1
    // Far behind: skip ahead instead of counting every time.
    if (missed > mostMissed && now.getTime() - at.getTime() > 86_400_000) {
      at = new Date(now.getTime() - 86_400_000)
    }
  }
  return due ? { due, missed } : { missed }
}

function tooManyMissed(cronJob: CronJob): Action {
  const message =
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
  return note(cronJob, 'Warning', 'TooManyMissedTimes', message)
}

/** The active list against the Jobs that are there, and the events of those that have ended. */
function track(
  cronJob: CronJob,
  jobs: readonly Job[],
): { status: CronJobStatus; actions: Action[] } {
  const before = cronJob.status ?? {}
  const known = new Set((before.active ?? []).map(({ uid }) => uid))
  const actions: Action[] = []
  let { lastSuccessfulTime } = before
  for (const job of jobs.filter(({ metadata }) => known.has(metadata.uid))) {
    const result = finishedAs(job)
    if (!result) continue
    const message = `Saw completed job: ${job.metadata.name}, condition: ${result}`
    actions.push(note(cronJob, 'Normal', 'SawCompletedJob', message))
  }
  for (const { status } of jobs) {
    const { completionTime } = status ?? {}
    if (completionTime && completionTime > (lastSuccessfulTime ?? ''))
      lastSuccessfulTime = completionTime
  }
  const active = jobs.filter((job) => !isFinished(job)).map((job) => referenceTo(job))
  return {
    status: {
      ...(active.length > 0 && { active }),
      ...(before.lastScheduleTime && { lastScheduleTime: before.lastScheduleTime }),
      ...(lastSuccessfulTime && { lastSuccessfulTime }),
    },
    actions,
  }
}

/** Finished Jobs beyond the history limits, the oldest first. */
function forget(cronJob: CronJob, jobs: readonly Job[]): readonly Action[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec
  const beyond = (result: 'Complete' | 'Failed', limit: number) => {
    const ended = jobs
      .filter((job) => finishedAs(job) === result)
      .toSorted((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1))
    return ended.slice(0, Math.max(0, ended.length - limit))
  }
  return [
    ...beyond('Complete', successfulJobsHistoryLimit),
    ...beyond('Failed', failedJobsHistoryLimit),
  ].map((job) => deleteJob(cronJob, job))
}

function deleteJob(cronJob: CronJob, job: Job): Action {
  const { name } = job.metadata
  return deleteObject('Job', job, {
    propagationPolicy: 'Background',
    report: {
      success: () => told(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`),
      failure: (error) => told(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${error.message}`),
    },
  })
}

function finishedAs({ status }: Job): 'Complete' | 'Failed' | undefined {
  const found = status?.conditions?.find(
    (each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'),
  )
  return found?.type as 'Complete' | 'Failed' | undefined
}

const isFinished = (job: Job) => finishedAs(job) !== undefined

/** Named after its minute, so that one time never starts two. */
function newJob(cronJob: CronJob, at: Date): Job {
  const { name, namespace } = cronJob.metadata
  const { metadata: template, spec } = cronJob.spec.jobTemplate
  const { labels, annotations } = template ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(at.getTime() / 60_000)}`,
      ...(namespace && { namespace }),
      ...(labels && { labels }),
      annotations: { ...annotations, [scheduledAnnotation]: timeOf(at) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: spec ?? { template: {} },
  }
}

const timeOf = (at: Date) => `${at.toISOString().slice(0, 19)}Z`
