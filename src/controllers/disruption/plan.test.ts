import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodDisruptionBudget } from '../../api/types.gen.ts'
import { type Observed, planBudget } from './plan.ts'
import { planStaleCondition } from './stale-condition.ts'

const now = new Date('2026-01-01T00:00:00Z')

test('a plain minAvailable counts the Pods that are there', () => {
  const status = statusAfter({ budget: budget({ minAvailable: 2 }), pods: ready(3), scale: 9 })
  assert.deepEqual(status, {
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
    disruptionsAllowed: 1,
    disruptedPods: {},
    observedGeneration: 1,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: 'True',
        reason: 'SufficientPods',
        message: '',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  })
})

test('shares are of what the controllers want, rounded up', () => {
  const share = (spec: PodDisruptionBudget['spec']) => {
    const status = statusAfter({ budget: budget(spec), pods: ready(7), scale: 7 })
    return [status?.expectedPods, status?.desiredHealthy, status?.disruptionsAllowed]
  }
  assert.deepEqual(share({ minAvailable: '50%' }), [7, 4, 3])
  assert.deepEqual(share({ maxUnavailable: '30%' }), [7, 4, 3])
  assert.deepEqual(share({ maxUnavailable: 1 }), [7, 6, 1])
})

test('a Pod that is being evicted is not healthy, until two minutes have passed', () => {
  const going = budget({ minAvailable: 1 }, { p0: '2025-12-31T23:59:00Z' })
  const plan = planBudget({ budget: going, pods: ready(2), scale: 2 }, now)
  assert.equal(plan.requeueAfterMs, 60_001)
  assert.equal(statusAfter({ budget: going, pods: ready(2), scale: 2 })?.disruptionsAllowed, 0)
  const stayed = budget({ minAvailable: 1 }, { p0: '2025-12-31T23:57:00Z' })
  const late = planBudget({ budget: stayed, pods: ready(2), scale: 2 }, now)
  const [first] = late.actions
  assert.equal(
    first?.verb === 'note' && first.note.message,
    "Pod was expected by PDB shop/web to be deleted but it wasn't",
  )
  assert.equal(statusAfter({ budget: stayed, pods: ready(2), scale: 2 })?.disruptionsAllowed, 1)
})

test('what cannot be counted allows nothing and says why', () => {
  const scale = new Error('found no controllers for pod "p0"')
  const status = statusAfter({ budget: budget({ maxUnavailable: 1 }), pods: ready(1), scale })
  assert.equal(status?.disruptionsAllowed, 0)
  assert.deepEqual(
    status?.conditions?.map(({ status, reason, message }) => [status, reason, message]),
    [['False', 'SyncFailed', 'found no controllers for pod "p0"']],
  )
})

test('a status that is right is not written again', () => {
  const before = budget({ minAvailable: 1 })
  const status = statusAfter({ budget: before, pods: ready(2), scale: 2 })
  const { disruptedPods: _, ...stored } = status ?? {}
  const after = { ...before, status: stored }
  assert.deepEqual(planBudget({ budget: after, pods: ready(2), scale: 2 }, now), { actions: [] })
})

test('a disruption that came to nothing is taken back after two minutes', () => {
  const target = (lastTransitionTime: string) =>
    planStaleCondition(
      pod('p', [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime }]),
      now,
    )
  assert.deepEqual(target('2025-12-31T23:59:00Z'), { actions: [], requeueAfterMs: 60_000 })
  assert.equal(target('2025-12-31T23:58:00Z').actions.length, 1)
})

function statusAfter(observed: Observed): PodDisruptionBudget['status'] {
  const write = planBudget(observed, now).actions.at(-1)
  return write?.verb === 'update' && write.kind === 'PodDisruptionBudget'
    ? write.object.status
    : undefined
}

function budget(
  spec: PodDisruptionBudget['spec'],
  disruptedPods?: Readonly<Record<string, string>>,
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace: 'shop', name: 'web', generation: 1 },
    spec,
    ...(disruptedPods && { status: { disruptedPods } }),
  }
}

const ready = (count: number): readonly Pod[] =>
  Array.from({ length: count }, (_, index) => pod(`p${index}`, [{ type: 'Ready', status: 'True' }]))

function pod(name: string, conditions: NonNullable<Pod['status']>['conditions']): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name },
    spec: { containers: [] },
    status: { phase: 'Running', ...(conditions && { conditions }) },
  }
}
