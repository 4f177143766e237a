import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { planNodeLifecycle } from './plan.ts'

const now = new Date('2026-01-01T01:00:00Z')

test('a node that is heard and ready loses the taint it was made with', () => {
  const node = nodeOf({ taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] })
  const plan = ask(node, 5)
  assert.deepEqual(words(plan.actions), ['taints none'])
  assert.equal(plan.requeueAfterMs, 46_000)
})

test('a node that was made a moment ago and has said nothing keeps it', () => {
  const node = nodeOf({
    taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    ready: undefined,
  })
  assert.deepEqual(words(ask(node, 1).actions), [])
})

test('a node that is not heard for too long is unknown, tainted, and its Pods are not ready', () => {
  const plan = ask(nodeOf({}), 51, [podOf('a')])
  assert.deepEqual(words(plan.actions), [
    'taints node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute',
    'status Ready=Unknown NodeStatusUnknown MemoryPressure=Unknown NodeStatusNeverUpdated DiskPressure=Unknown NodeStatusNeverUpdated PIDPressure=Unknown NodeStatusNeverUpdated',
    'note NodeNotReady Node n1 status is now: NodeNotReady',
    'patch a',
    'note NodeNotReady Node is not ready',
  ])
  assert.equal(plan.requeueAfterMs, undefined)
})

test('a node that says it is not ready is tainted, and keeps taints of others', () => {
  const node = nodeOf({ ready: 'False', taints: [{ key: 'mine', effect: 'NoSchedule' }] })
  assert.deepEqual(words(ask(node, 1).actions), [
    'taints mine:NoSchedule node.kubernetes.io/not-ready:NoSchedule node.kubernetes.io/not-ready:NoExecute',
  ])
})

test('a cordoned node has the taint of it', () => {
  assert.deepEqual(words(ask(nodeOf({ unschedulable: true }), 1).actions), [
    'taints node.kubernetes.io/unschedulable:NoSchedule',
  ])
})

test('a node that is new is greeted', () => {
  const plan = planNodeLifecycle(
    { node: nodeOf({}), heardMs: now.getTime(), pods: [], isNew: true },
    now,
  )
  assert.deepEqual(words(plan.actions), [
    'note RegisteredNode Node n1 event: Registered Node n1 in Controller',
  ])
})

function ask(node: Node, silentSeconds: number, pods: readonly Pod[] = []) {
  const heardMs = now.getTime() - silentSeconds * 1000
  return planNodeLifecycle({ node, heardMs, pods, isNew: false }, now)
}

function words(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.verb === 'note') return `note ${action.note.reason} ${action.note.message}`
    if (action.verb !== 'patch') return action.verb
    if (action.kind === 'Pod') return `patch ${action.key.name}`
    const { spec, status } = action.patch as Partial<Node>
    if (status) {
      const said = status.conditions?.map(
        ({ type, status, reason }) => `${type}=${status} ${reason}`,
      )
      return `status ${said?.join(' ')}`
    }
    const taints = spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)
    return `taints ${taints?.join(' ') ?? 'none'}`
  })
}

interface NodeFacts extends Partial<Node['spec']> {
  readonly ready?: string | undefined
}

function nodeOf(facts: NodeFacts): Node {
  const { ready, ...spec } = { ready: 'True', ...facts }
  const condition = {
    type: 'Ready',
    reason: 'KubeletReady',
    lastHeartbeatTime: '2026-01-01T00:59:00Z',
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    spec,
    status: { conditions: ready ? [{ ...condition, status: ready }] : [] },
  }
}

function podOf(name: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name },
    spec: { containers: [], nodeName: 'n1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
}
