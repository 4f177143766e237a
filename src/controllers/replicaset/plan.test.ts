import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, ReplicaSet } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { planReplicas } from './plan.ts'

const now = new Date('2026-01-01T01:00:00Z')
const owner = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web',
  uid: 'rs',
  controller: true,
}

test('creates the Pods that are missing, side by side', () => {
  assert.deepEqual(ask(3, [pod('a')]), ['create web-', 'create web-', 'updateStatus'])
})

test('deletes what is unscheduled, pending, unready or cheap before what works', () => {
  const pods = [
    pod('ready'),
    pod('cheap', { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-1' } }),
    pod('unready', { ready: false }),
    pod('pending', { phase: 'Pending', ready: false }),
    pod('unscheduled', { node: '', phase: 'Pending', ready: false }),
  ]
  assert.deepEqual(ask(1, pods), [
    'delete unscheduled',
    'delete pending',
    'delete unready',
    'delete cheap',
    'updateStatus',
  ])
})

test('of two equal Pods the one on the fuller node goes', () => {
  const pods = [
    pod('alone', { node: 'n1' }),
    pod('crowded', { node: 'n2' }),
    pod('x', { node: 'n2' }),
  ]
  assert.deepEqual(ask(2, pods).slice(0, 1), ['delete crowded'])
})

test('ended and ending Pods do not count', () => {
  const pods = [pod('done', { phase: 'Succeeded' }), pod('going', { isDeleting: true })]
  assert.deepEqual(ask(1, pods), ['create web-', 'updateStatus'])
})

test('adopts an orphan that matches, and releases what matches no more', () => {
  const pods = [pod('orphan', { owners: [] }), pod('changed', { labels: { app: 'other' } })]
  assert.deepEqual(ask(1, pods), [
    'patch orphan {"uid":"orphan","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"rs","controller":true,"blockOwnerDeletion":true}]}',
    'patch changed {"uid":"changed","ownerReferences":[{"$patch":"delete","uid":"rs"}]}',
    'updateStatus',
  ])
})

test('a ReplicaSet that is being deleted makes, ends and adopts nothing', () => {
  const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' }
  assert.deepEqual(ask(3, [pod('orphan', { owners: [] })], { metadata: leaving }), ['updateStatus'])
})

test('asks for nothing once spec and status agree', () => {
  const status = {
    replicas: 1,
    fullyLabeledReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    terminatingReplicas: 0,
    observedGeneration: 1,
  }
  assert.deepEqual(ask(1, [pod('a')], { status }), [])
})

test('a ready Pod is available after minReadySeconds, and the key comes back then', () => {
  const young = pod('a', { readySince: '2026-01-01T00:59:57Z' })
  const replicaSet = replicaSetOf(1, { minReadySeconds: 10 })
  const plan = planReplicas(observed(replicaSet, [young]), now)
  assert.equal(plan.requeueAfterMs, 7000)
  const [write] = plan.actions
  assert.ok(write?.verb === 'update')
  const { readyReplicas, availableReplicas } = (write.object as ReplicaSet).status ?? {}
  assert.deepEqual([readyReplicas, availableReplicas], [1, undefined])
})

test('a refused Pod becomes a ReplicaFailure condition', () => {
  const plan = planReplicas(observed(replicaSetOf(1), []), now)
  const [write] = plan.afterFailure?.(new Error('exceeded quota')) ?? []
  assert.ok(write?.verb === 'update')
  assert.deepEqual((write.object as ReplicaSet).status?.conditions, [
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota',
      lastTransitionTime: '2026-01-01T01:00:00Z',
    },
  ])
})

test('a Pod that is refused again is no change: the next attempt waits its turn', () => {
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: 'pods "web-1" is forbidden',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  const status = {
    replicas: 0,
    terminatingReplicas: 0,
    observedGeneration: 1,
    conditions: [failure],
  }
  const base = replicaSetOf(1)
  const owner = { ...base, metadata: { ...base.metadata, generation: 1 }, status }
  const plan = planReplicas(observed(owner, []), now)
  assert.deepEqual(plan.afterFailure?.(new Error('pods "web-2" is forbidden')), [])
})

function ask(replicas: number, pods: readonly Pod[], changes: object = {}): string[] {
  const base = replicaSetOf(replicas)
  const { metadata = {}, ...rest } = changes as { metadata?: object }
  const replicaSet = { ...base, ...rest, metadata: { ...base.metadata, ...metadata } }
  return planReplicas(observed(replicaSet, pods), now).actions.flatMap(words)
}

function words(action: Action): string[] {
  switch (action.verb) {
    case 'batches':
      return action.writes.flatMap(words)
    case 'create':
      return [`create ${action.object.metadata.generateName}`]
    case 'delete':
      return [`delete ${action.key.name}`]
    case 'patch': {
      const { metadata } = action.patch as { metadata: unknown }
      return [`patch ${action.key.name} ${JSON.stringify(metadata)}`]
    }
    case 'update':
      return ['updateStatus']
    case 'note':
      return [`note ${action.note.reason}`]
  }
}

function observed(replicaSet: ReplicaSet, candidates: readonly Pod[]) {
  const { selector } = replicaSet.spec
  return { owner: replicaSet, selector, candidates, related: candidates }
}

function replicaSetOf(replicas: number, spec: object = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop', uid: 'rs', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [] } },
      ...spec,
    },
  }
}

interface PodFacts {
  readonly node?: string
  readonly phase?: NonNullable<Pod['status']>['phase']
  readonly ready?: boolean
  readonly readySince?: string
  readonly isDeleting?: boolean
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly owners?: readonly (typeof owner)[]
}

function pod(name: string, facts: PodFacts = {}): Pod {
  const { node = 'n1', phase = 'Running', ready = true, labels = { app: 'web' } } = facts
  const { readySince = '2026-01-01T00:00:00Z', annotations = {}, owners = [owner] } = facts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels,
      annotations,
      ownerReferences: owners,
      ...(facts.isDeleting && { deletionTimestamp: '2026-01-01T00:30:00Z' }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      ...(phase && { phase }),
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: readySince },
      ],
    },
  }
}
