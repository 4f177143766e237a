// A PodDisruptionBudget's status: how many Pods there should be, how many must be healthy, how
// many are, and so how many may be disrupted.

import { timeOf } from '../../api/time.ts'
import type {
  Condition,
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../api/types.gen.ts'
import { type Action, note, type Plan, updateStatus } from '../../client/plan.ts'
import { setCondition } from '../conditions.ts'
import { resolveShare } from '../int-or-percent.ts'
import { isReady } from '../pod-state.ts'
import { isSame } from '../template-hash.ts'

export interface Observed {
  readonly budget: PodDisruptionBudget
  /** Those that the budget selects. */
  readonly pods: readonly Pod[]
  /** How many Pods their controllers want together, or why nobody knows. */
  readonly scale: number | Error
}

/** How long after its eviction was let through a Pod counts as going. */
export const disruptionTimeoutMs = 2 * 60_000

export function planBudget({ budget, pods, scale }: Observed, now: Date): Plan {
  const noPods =
    pods.length === 0 ? [note(budget, 'Normal', 'NoPods', 'No matching pods found')] : []
  const expected = expectedOf(budget, pods.length, scale)
  if (expected instanceof Error) {
    const text = `Failed to calculate the number of expected pods: ${expected.message}`
    const failed = note(budget, 'Warning', 'CalculateExpectedPodCountFailed', text)
    return { actions: [...noPods, failed, ...refuseAll(budget, expected, now)] }
  }
  const going = stillGoing(budget, pods, now)
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      going.disruptedPods[pod.metadata.name] === undefined &&
      isReady(pod),
  ).length
  const allowed = expected.pods <= 0 ? 0 : Math.max(0, healthy - expected.desiredHealthy)
  const status = {
    ...budget.status,
    currentHealthy: healthy,
    desiredHealthy: expected.desiredHealthy,
    expectedPods: expected.pods,
    disruptionsAllowed: allowed,
    disruptedPods: going.disruptedPods,
    observedGeneration: budget.metadata.generation ?? 0,
  }
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods'
  const writes = withCondition(budget, status, { reason, message: '' }, now)
  return {
    actions: [...noPods, ...going.notes, ...writes],
    ...(going.nextMs !== undefined && { requeueAfterMs: going.nextMs }),
  }
}

interface Expected {
  readonly pods: number
  readonly desiredHealthy: number
}

/** Only a plain minAvailable needs no controller that says how many Pods there are to be. */
function expectedOf(
  { spec }: PodDisruptionBudget,
  podCount: number,
  scale: number | Error,
): Expected | Error {
  const { maxUnavailable, minAvailable } = spec
  if (maxUnavailable !== undefined) {
    if (scale instanceof Error) return scale
    const desired = scale - resolveShare(maxUnavailable, scale, 'up')
    return { pods: scale, desiredHealthy: Math.max(0, desired) }
  }
  if (minAvailable === undefined) return { pods: 0, desiredHealthy: 0 }
  if (typeof minAvailable === 'number') return { pods: podCount, desiredHealthy: minAvailable }
  if (scale instanceof Error) return scale
  return { pods: scale, desiredHealthy: resolveShare(minAvailable, scale, 'up') }
}

export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string'
}

interface Going {
  readonly disruptedPods: Readonly<Record<string, string>>
  readonly notes: readonly Action[]
  readonly nextMs?: number
}

/** Pods whose eviction was let through and whose deletion is not seen yet. */
function stillGoing(budget: PodDisruptionBudget, pods: readonly Pod[], now: Date): Going {
  const { namespace = '', name } = budget.metadata
  const disruptedPods: Record<string, string> = {}
  const notes: Action[] = []
  let nextMs = Infinity
  for (const pod of pods) {
    const since = budget.status?.disruptedPods?.[pod.metadata.name]
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue
    const leftMs = Date.parse(since) + disruptionTimeoutMs - now.getTime()
    if (leftMs < 0) {
      const text = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`
      notes.push(note(pod, 'Warning', 'NotDeleted', text))
      continue
    }
    disruptedPods[pod.metadata.name] = since
    nextMs = Math.min(nextMs, leftMs + 1)
  }
  return { disruptedPods, notes, ...(nextMs < Infinity && { nextMs }) }
}

/** What cannot be counted allows nothing. */
function refuseAll(budget: PodDisruptionBudget, error: Error, now: Date): readonly Action[] {
  const status = { ...budget.status, disruptionsAllowed: 0 }
  return withCondition(budget, status, { reason: 'SyncFailed', message: error.message }, now)
}

function withCondition(
  budget: PodDisruptionBudget,
  status: PodDisruptionBudgetStatus,
  why: Pick<Condition, 'reason' | 'message'>,
  now: Date,
): readonly Action[] {
  const { observedGeneration } = status
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: (status.disruptionsAllowed ?? 0) > 0 ? 'True' : 'False',
    ...why,
    ...(observedGeneration !== undefined && { observedGeneration }),
    lastTransitionTime: timeOf(now),
  }
  const conditions = setCondition(status.conditions, condition).map((each) =>
    each.type === condition.type
      ? { ...condition, lastTransitionTime: each.lastTransitionTime }
      : each,
  )
  const next = { ...status, conditions }
  const isUpToDate = isSame(withoutEmpty(budget.status), withoutEmpty(next))
  return isUpToDate ? [] : [updateStatus('PodDisruptionBudget', { ...budget, status: next })]
}

/** The server leaves out a map without entries. */
function withoutEmpty(status: PodDisruptionBudgetStatus | undefined): unknown {
  const { disruptedPods = {}, ...rest } = status ?? {}
  return { ...rest, disruptedPods }
}
