import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, Pod, ReplicaSet } from '../../api/types.gen.ts'
import type { Action, Plan } from '../../client/plan.ts'
import { templateHash } from '../template-hash.ts'
import { planDeployment } from './plan.ts'

const now = new Date('2026-01-01T01:00:00Z')
const templateOf = (image: string): Deployment['spec']['template'] => ({
  metadata: { name: '', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image }] },
})
const hashOf = (image: string) => templateHash(templateOf(image))

test('a new Deployment gets a ReplicaSet named after its template, and revision 1', () => {
  const plan = planDeployment(observe(deployment({ replicas: 3 }), []), now)
  const name = `web-${hashOf('v1')}`
  assert.deepEqual(words(plan), [
    `create ${name} 3 revision 1`,
    `ScalingReplicaSet Scaled up replica set ${name} from 0 to 3`,
    'status Progressing=NewReplicaSetCreated revision 1',
  ])
  const [write] = plan.actions
  assert.ok(write?.verb === 'create')
  const { metadata, spec } = write.object as ReplicaSet
  assert.equal(metadata.labels?.['pod-template-hash'], hashOf('v1'))
  assert.deepEqual(spec.selector.matchLabels, { app: 'web', 'pod-template-hash': hashOf('v1') })
})

test('a name that another ReplicaSet has leads to the next collision count', () => {
  const taken = replicaSet('v9', { replicas: 0 })
  const seen = observe(deployment({ replicas: 1 }), [])
  const plan = planDeployment({ ...seen, named: () => taken }, now)
  const [write] = plan.actions
  assert.ok(write?.verb === 'update')
  assert.equal((write.object as Deployment).status?.collisionCount, 1)
})

test('a rollout first grows the new ReplicaSet by the surge', () => {
  const sets = [replicaSet('v1', { replicas: 4 }), replicaSet('v2', { replicas: 0, revision: 2 })]
  assert.deepEqual(steps(deployment({ replicas: 4, image: 'v2' }), sets), [
    `Scaled up replica set web-${hashOf('v2')} from 0 to 1`,
  ])
})

test('then it shrinks the old one as far as availability allows', () => {
  const sets = [
    replicaSet('v1', { replicas: 4 }),
    replicaSet('v2', { replicas: 1, available: 0, revision: 2 }),
  ]
  assert.deepEqual(steps(deployment({ replicas: 4, image: 'v2' }), sets), [
    `Scaled down replica set web-${hashOf('v1')} from 4 to 3`,
  ])
})

test('old replicas that do not work go first and cost no availability', () => {
  const sets = [
    replicaSet('v0', { replicas: 2, available: 0 }),
    replicaSet('v1', { replicas: 3 }),
    replicaSet('v2', { replicas: 0, revision: 3 }),
  ]
  assert.deepEqual(steps(deployment({ replicas: 4, image: 'v2' }), sets), [
    `Scaled down replica set web-${hashOf('v0')} from 2 to 0`,
  ])
})

test('a change of replicas during a rollout is shared out in proportion', () => {
  const sets = [
    replicaSet('v1', { replicas: 8, desired: 10, max: 13 }),
    replicaSet('v2', { replicas: 5, desired: 10, max: 13, revision: 2 }),
  ]
  assert.deepEqual(steps(deployment({ replicas: 20, image: 'v2' }), sets), [
    `Scaled up replica set web-${hashOf('v1')} from 8 to 15`,
    `Scaled up replica set web-${hashOf('v2')} from 5 to 10`,
  ])
})

test('Recreate waits for the last old Pod before it makes a new one', () => {
  const recreate = { replicas: 2, image: 'v2', strategy: { type: 'Recreate' as const } }
  const old = replicaSet('v1', { replicas: 2 })
  assert.deepEqual(steps(deployment(recreate), [old]), [
    `Scaled down replica set web-${hashOf('v1')} from 2 to 0`,
  ])
  const emptied = replicaSet('v1', { replicas: 0 })
  const seen = observe(deployment(recreate), [emptied])
  const running = { status: { phase: 'Running' } } as Pod
  const waiting = planDeployment({ ...seen, podsOf: () => [running] }, now)
  assert.deepEqual(
    words(waiting).filter((word) => word.startsWith('create')),
    [],
  )
  const next = planDeployment(seen, now)
  assert.equal(words(next)[0], `create web-${hashOf('v2')} 2 revision 2`)
})

test('paused: no rollout, only a condition', () => {
  const sets = [replicaSet('v1', { replicas: 2 })]
  const paused = deployment({ replicas: 2, image: 'v2', paused: true })
  assert.deepEqual(words(planDeployment(observe(paused, sets), now)), [
    'status Progressing=DeploymentPaused',
  ])
})

test('a rollback gives the old ReplicaSet the next revision and keeps its history', () => {
  const sets = [
    replicaSet('v1', { replicas: 0, revision: 1 }),
    replicaSet('v2', { replicas: 2, revision: 2 }),
  ]
  const [write] = planDeployment(
    observe(deployment({ replicas: 2, image: 'v1' }), sets),
    now,
  ).actions
  assert.ok(write?.verb === 'update')
  const { annotations = {} } = write.object.metadata
  assert.equal(annotations['deployment.kubernetes.io/revision'], '3')
  assert.equal(annotations['deployment.kubernetes.io/revision-history'], '1')
})

test('a revision has 64 bits: the next one after that of a ReplicaSet taken over', () => {
  const old = replicaSet('v1', { replicas: 2, revision: 1 })
  const annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' }
  const taken = { ...old, metadata: { ...old.metadata, annotations } }
  const plan = planDeployment(observe(deployment({ replicas: 2, image: 'v2' }), [taken]), now)
  const create = plan.actions.find(({ verb }) => verb === 'create')
  assert.ok(create?.verb === 'create')
  assert.equal(
    create.object.metadata.annotations?.['deployment.kubernetes.io/revision'],
    '3546343826724305833',
  )
})

test('a complete Deployment says so, and cleans up beyond its history limit', () => {
  const sets = [
    replicaSet('v1', { replicas: 0, revision: 1 }),
    replicaSet('v2', { replicas: 0, revision: 2 }),
    replicaSet('v3', { replicas: 2, revision: 3 }),
  ]
  const plan = planDeployment(
    observe(deployment({ replicas: 2, image: 'v3', revisionHistoryLimit: 1 }), sets),
    now,
  )
  assert.deepEqual(words(plan), [
    `delete web-${hashOf('v1')}`,
    'status Available=MinimumReplicasAvailable Progressing=NewReplicaSetAvailable revision 3',
  ])
})

test('a rollout without progress times out after its deadline', () => {
  const stuck = deployment({ replicas: 2, image: 'v1' })
  const conditions = [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }].map(
    (condition) => ({ ...condition, lastUpdateTime: '2026-01-01T00:49:59Z' }),
  )
  const status = { replicas: 2, updatedReplicas: 2, unavailableReplicas: 2, conditions }
  const sets = [replicaSet('v1', { replicas: 2, available: 0 })]
  const plan = planDeployment(observe({ ...stuck, status }, sets), now)
  assert.deepEqual(words(plan), [
    'status Available=MinimumReplicasUnavailable Progressing=ProgressDeadlineExceeded revision 1',
  ])
  const early = planDeployment(
    observe({ ...stuck, status }, sets),
    new Date('2026-01-01T00:50:00Z'),
  )
  assert.equal(early.requeueAfterMs, 600_000)
})

function steps(seen: Deployment, sets: readonly ReplicaSet[]): string[] {
  return planDeployment(observe(seen, sets), now).actions.flatMap((action) =>
    action.verb === 'update' && action.report?.success
      ? [action.report.success(action.object).message]
      : [],
  )
}

function words({ actions }: Plan): string[] {
  return actions.map((action: Action) => {
    if (action.verb === 'note') return `${action.note.reason} ${action.note.message}`
    if (action.verb === 'delete') return `delete ${action.key.name}`
    if (action.verb === 'batches' || action.verb === 'patch') return action.verb
    const { object } = action
    const revision = object.metadata.annotations?.['deployment.kubernetes.io/revision']
    if (action.verb === 'create') {
      const { replicas } = (object as ReplicaSet).spec
      return `create ${object.metadata.name} ${replicas} revision ${revision}`
    }
    const { conditions = [] } = (object as Deployment).status ?? {}
    const reasons = conditions.map(({ type, reason }) => `${type}=${reason}`)
    return ['status', ...reasons, ...(revision ? [`revision ${revision}`] : [])].join(' ')
  })
}

function observe(seen: Deployment, candidates: readonly ReplicaSet[]) {
  return { deployment: seen, candidates, named: () => undefined, podsOf: () => [] }
}

function deployment({ image = 'v1', ...spec }: Partial<Deployment['spec']> & { image?: string }) {
  return {
    apiVersion: 'apps/v1' as const,
    kind: 'Deployment' as const,
    metadata: { name: 'web', namespace: 'shop', uid: 'd', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: templateOf(image),
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
  }
}

interface SetFacts {
  readonly replicas: number
  readonly available?: number
  readonly revision?: number
  readonly desired?: number
  readonly max?: number
}

function replicaSet(image: string, facts: SetFacts): ReplicaSet {
  const { replicas, available = replicas, revision = 1 } = facts
  const labels = { app: 'web', 'pod-template-hash': hashOf(image) }
  const annotations = {
    'deployment.kubernetes.io/revision': String(revision),
    ...(facts.desired && { 'deployment.kubernetes.io/desired-replicas': String(facts.desired) }),
    ...(facts.max && { 'deployment.kubernetes.io/max-replicas': String(facts.max) }),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hashOf(image)}`,
      namespace: 'shop',
      uid: image,
      generation: 1,
      creationTimestamp: `2026-01-01T00:00:0${image.slice(1)}Z`,
      labels,
      annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true },
      ],
    },
    spec: {
      replicas,
      minReadySeconds: 0,
      selector: { matchLabels: labels },
      template: { ...templateOf(image), metadata: { name: '', labels } },
    },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
    },
  }
}
