import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CronJob, CronJobStatus, Job } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { planCronJob } from './plan.ts'

const now = new Date('2026-01-01T01:00:10Z')

test('starts the Job that is due, once, and comes back for the next', () => {
  const plan = planCronJob({ cronJob: cronJob(), jobs: [] }, now)
  assert.deepEqual(words(plan.actions), ['create tick-29453820', 'status 2026-01-01T01:00:00Z'])
  assert.equal(plan.requeueAfterMs, 50_100)
  const again = cronJob({ lastScheduleTime: '2026-01-01T01:00:00Z' })
  assert.deepEqual(words(planCronJob({ cronJob: again, jobs: [] }, now).actions), [])
})

test('of several missed times only the last is made up for', () => {
  const late = cronJob({ lastScheduleTime: '2026-01-01T00:50:00Z' })
  assert.deepEqual(words(planCronJob({ cronJob: late, jobs: [] }, now).actions), [
    'create tick-29453820',
    'status 2026-01-01T01:00:00Z',
  ])
})

test('Forbid waits for the Job that runs, Replace ends it', () => {
  const running = job('tick-1')
  const active = {
    active: [
      { kind: 'Job', name: 'tick-1', uid: 'tick-1', namespace: 'shop', apiVersion: 'batch/v1' },
    ],
  }
  const forbid = cronJob(active, { concurrencyPolicy: 'Forbid' })
  assert.deepEqual(words(planCronJob({ cronJob: forbid, jobs: [running] }, now).actions), [
    'note JobAlreadyActive',
  ])
  const replace = cronJob(active, { concurrencyPolicy: 'Replace' })
  assert.deepEqual(words(planCronJob({ cronJob: replace, jobs: [running] }, now).actions), [
    'delete tick-1',
    'create tick-29453820',
    'status 2026-01-01T01:00:00Z',
  ])
})

test('a suspended one starts nothing, a late one misses its time', () => {
  assert.deepEqual(
    words(planCronJob({ cronJob: cronJob({}, { suspend: true }), jobs: [] }, now).actions),
    [],
  )
  const strict = cronJob({}, { startingDeadlineSeconds: 5 })
  assert.deepEqual(words(planCronJob({ cronJob: strict, jobs: [] }, now).actions), [])
})

test('keeps as much history as it is told to', () => {
  const done = ['a', 'b', 'c', 'd'].map((name) => job(name, 'Complete'))
  const quiet = cronJob({ lastScheduleTime: '2026-01-01T01:00:00Z' })
  assert.deepEqual(words(planCronJob({ cronJob: quiet, jobs: done }, now).actions), ['delete a'])
})

function words(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.verb === 'note') return `note ${action.note.reason}`
    if (action.verb === 'delete') return `delete ${action.key.name}`
    if (action.verb === 'create') return `create ${action.object.metadata.name}`
    if (action.verb === 'update')
      return `status ${(action.object as CronJob).status?.lastScheduleTime}`
    return action.verb
  })
}

function cronJob(status: CronJobStatus = {}, spec: Partial<CronJob['spec']> = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      namespace: 'shop',
      name: 'tick',
      uid: 'c',
      creationTimestamp: '2026-01-01T00:59:30Z',
    },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: {} } }, ...spec },
    status,
  }
}

function job(name: string, result?: 'Complete'): Job {
  const condition = { type: 'Complete', status: 'True' }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'shop', name, uid: name },
    spec: { template: {} },
    status: {
      startTime: `2026-01-01T00:00:0${name.charCodeAt(0) - 97}Z`,
      ...(result && { conditions: [condition] }),
    },
  }
}
