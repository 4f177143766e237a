import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, Taint, Toleration } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { planTaintEviction } from '../taint-eviction/plan.ts'
import { planPodGc } from './plan.ts'

const now = new Date('2026-01-01T01:00:00Z')

test('ends Pods of nodes that have been gone for long, and says that they failed', () => {
  const pods = [pod('lost', { on: 'gone' }), pod('fine', { on: 'n1' }), pod('new', { on: 'blink' })]
  const missingSinceMs = new Map([
    ['gone', now.getTime() - 41_000],
    ['blink', now.getTime() - 1000],
  ])
  assert.deepEqual(words(planPodGc({ pods, nodes: [], missingSinceMs, mostTerminated: 10 }, now)), [
    'patch lost Failed',
    'delete lost at once',
  ])
})

test('ends Pods that go without ever having had a node, and ended ones beyond the limit', () => {
  const pods = [
    pod('unplaced', { isEnding: true }),
    pod('old', { on: 'n1', phase: 'Succeeded', created: '2026-01-01T00:00:00Z' }),
    pod('young', { on: 'n1', phase: 'Failed', created: '2026-01-01T00:30:00Z' }),
  ]
  const world = { pods, nodes: [], missingSinceMs: new Map(), mostTerminated: 1 }
  assert.deepEqual(words(planPodGc(world, now)), ['delete old at once', 'delete unplaced at once'])
})

test('a NoExecute taint ends Pods that do not tolerate it', () => {
  assert.deepEqual(evict([]), ['note TaintManagerEviction', 'patch web ', 'delete web'])
  assert.deepEqual(evict([{ operator: 'Exists' }]), [])
})

test('a Pod stays as long as it tolerates the taint', () => {
  const patient = { key: 'down', operator: 'Exists' as const, tolerationSeconds: 300 }
  const plan = planTaintEviction({ pod: pod('web', { tolerations: [patient] }), node }, now)
  assert.equal(plan.requeueAfterMs, 240_000)
  const late = new Date('2026-01-01T01:04:00Z')
  assert.equal(
    planTaintEviction({ pod: pod('web', { tolerations: [patient] }), node }, late).actions.length,
    3,
  )
})

const taint: Taint = { key: 'down', effect: 'NoExecute', timeAdded: '2026-01-01T00:59:00Z' }
const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { taints: [taint] },
}

const evict = (tolerations: readonly Toleration[]) =>
  words(planTaintEviction({ pod: pod('web', { tolerations }), node }, now).actions)

function words(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.verb === 'note') return `note ${action.note.reason}`
    if (action.verb === 'delete') {
      const isAtOnce = action.options?.gracePeriodSeconds === 0
      return `delete ${action.key.name}${isAtOnce ? ' at once' : ''}`
    }
    if (action.verb !== 'patch') return action.verb
    return `patch ${action.key.name} ${(action.patch as Partial<Pod>).status?.phase ?? ''}`
  })
}

interface PodFacts {
  readonly on?: string
  readonly phase?: NonNullable<Pod['status']>['phase']
  readonly created?: string
  readonly isEnding?: boolean
  readonly tolerations?: readonly Toleration[]
}

function pod(name: string, facts: PodFacts): Pod {
  const { on, phase = 'Running', created = '2026-01-01T00:00:00Z', tolerations = [] } = facts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'shop',
      name,
      uid: name,
      creationTimestamp: created,
      ...(facts.isEnding && { deletionTimestamp: created }),
    },
    spec: { containers: [], tolerations, ...(on && { nodeName: on }) },
    status: { ...(phase && { phase }) },
  }
}
