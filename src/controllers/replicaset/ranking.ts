// Which Pods to delete first when there are too many: the least useful, then the best spread.
// Source of the order: kube-controller-manager's ActivePodsWithRanks.

import type { Pod } from '../../api/types.gen.ts'
import { createdAtMs, isReady, readySinceMs, restartsOf } from '../pod-state.ts'

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * The `count` Pods to delete. `related` are the active Pods of all ReplicaSets of the same owner:
 * a node that runs many of them gives up one first.
 */
export function rankForDeletion(
  pods: readonly Pod[],
  related: readonly Pod[],
  now: Date,
): readonly Pod[] {
  const onNode = new Map<string, number>()
  for (const { spec } of related) {
    if (spec.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1)
  }
  const crowd = ({ spec }: Pod) => onNode.get(spec.nodeName ?? '') ?? 0
  return pods.toSorted(
    (a, b) =>
      Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
      phaseOf(a) - phaseOf(b) ||
      Number(isReady(a)) - Number(isReady(b)) ||
      costOf(a) - costOf(b) ||
      crowd(b) - crowd(a) ||
      byAge(readySinceMs(a), readySinceMs(b), now) ||
      restartsOf(b) - restartsOf(a) ||
      byAge(createdAtMs(a), createdAtMs(b), now) ||
      ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1),
  )
}

const phaseOf = ({ status }: Pod) => phaseRank[status?.phase ?? ''] ?? 0
const costOf = ({ metadata }: Pod) => Number(metadata.annotations?.[deletionCost] ?? 0) || 0

/** Younger first, but only where the ages differ by a power of two: among peers chance decides. */
function byAge(aMs: number | undefined, bMs: number | undefined, now: Date): number {
  if (aMs === undefined || bMs === undefined) return 0
  return magnitude(now.getTime() - aMs) - magnitude(now.getTime() - bMs)
}

const magnitude = (ageMs: number) => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6)))
