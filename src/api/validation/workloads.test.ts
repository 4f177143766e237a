import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childOf, copyOf, type Draft } from '../draft.ts'
import { kindEntry } from '../kinds.ts'
import { strategyOf } from '../strategies.ts'
import { scheduleProblem } from './cron-schedule.ts'
import { createErrors, made, updateErrors } from './validation-fixture.ts'

test('says what is wrong with the kinds of apps', () => {
  const unlike = { spec: { template: { metadata: { labels: { app: 'y' } } } } }
  const missed =
    'spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`'
  for (const kind of ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'] as const) {
    assert.deepEqual(createErrors(kind, unlike), [missed], kind)
    const never = { spec: { template: { spec: { restartPolicy: 'Never' } } } }
    assert.deepEqual(createErrors(kind, never), [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ])
    const other = {
      spec: {
        selector: { matchLabels: { app: 'x', b: 'c' } },
        template: { metadata: { labels: { b: 'c' } } },
      },
    }
    assert.equal(updateErrors(kind, other).length, 1, kind)
  }
  assert.deepEqual(createErrors('Deployment', { spec: { replicas: -1 } }), [
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ])
  assert.deepEqual(createErrors('Deployment', { spec: { selector: null } }), [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
  ])
  assert.deepEqual(
    createErrors('Deployment', {
      spec: { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    }),
    [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  )
  assert.deepEqual(
    createErrors('Deployment', {
      spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    }),
    [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
  )
  assert.deepEqual(
    createErrors('Deployment', { spec: { progressDeadlineSeconds: 5, minReadySeconds: 5 } }),
    ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
  )
  assert.deepEqual(updateErrors('StatefulSet', { spec: { serviceName: 'y' } }), [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ])
})

test('a Job made before its labels had a prefix may change without them', () => {
  const strategy = strategyOf(kindEntry('Job'))
  const uid = 'batch.kubernetes.io/controller-uid'
  const previous = made('Job')
  const next = copyOf(previous)
  const template = (job: Draft) =>
    childOf(childOf(childOf(childOf(job, 'spec'), 'template'), 'metadata'), 'labels')
  const selected = (job: Draft) => childOf(childOf(childOf(job, 'spec'), 'selector'), 'matchLabels')
  for (const job of [previous, next]) {
    for (const labels of [template(job), selected(job)]) delete labels[uid]
    delete template(job)['batch.kubernetes.io/job-name']
    selected(job)['controller-uid'] = 'u'
  }
  assert.deepEqual(strategy.validateUpdate(next, previous), [])
  assert.equal(strategy.validateCreate(next)[0]?.field, `spec.template.metadata.labels[${uid}]`)
})

test('says what is wrong with Jobs and schedules', () => {
  assert.deepEqual(
    createErrors('Job', { spec: { template: { spec: { restartPolicy: 'Always' } } } }),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  )
  assert.deepEqual(
    createErrors('Job', { spec: { completionMode: 'Indexed', completions: null, parallelism: 1 } }),
    ['spec.completions: Required value: when completion mode is Indexed'],
  )
  assert.deepEqual(updateErrors('Job', { spec: { completions: 5 } }), [
    'spec.completions: Invalid value: 5: field is immutable',
  ])
  assert.deepEqual(createErrors('CronJob', { spec: { schedule: 'daily' } }), [
    'spec.schedule: Invalid value: "daily": expected exactly 5 fields, found 1: [daily]',
  ])
  assert.deepEqual(createErrors('CronJob', { spec: { timeZone: 'Mars/Base' } }), [
    'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
  ])
  const problems: readonly (readonly [string, string | undefined])[] = [
    ['* * * * *', undefined],
    ['0 0 1 jan sun', undefined],
    ['*/15 1-5,7 * * 1-5', undefined],
    ['@daily', undefined],
    ['@every 1h30m', undefined],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['@nope', 'unrecognized descriptor: @nope'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ]
  for (const [schedule, problem] of problems)
    assert.equal(scheduleProblem(schedule), problem, schedule)
})
