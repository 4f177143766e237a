// One step of a rollout: what to scale up or down now, so that never too many nor too few run.

import type { Pod, ReplicaSet } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { isTerminal } from '../pod-state.ts'
import { byCreation, isInUse, resizeIfNeeded } from './scale.ts'
import { allSets, type Sets } from './status.ts'
import { maxUnavailable, newReplicas, replicasOf, sumOf } from './strategy.ts'

/** First the new ReplicaSet as far as it may grow, then, in a later step, the old ones down. */
export function rollingStep(sets: Sets & { readonly newSet: ReplicaSet }): readonly Action[] {
  const up = scaleNew(sets)
  return up.length > 0 ? up : scaleOldDown(sets)
}

function scaleNew(sets: Sets & { readonly newSet: ReplicaSet }): readonly Action[] {
  const { deployment, newSet } = sets
  const size = replicasOf(newSet)
  const wanted = replicasOf(deployment)
  if (size === wanted) return []
  const next = size > wanted ? wanted : newReplicas(deployment, allSets(sets), size)
  return resizeIfNeeded(deployment, newSet, next)
}

function scaleOldDown(sets: Sets & { readonly newSet: ReplicaSet }): readonly Action[] {
  const { deployment, newSet } = sets
  const old = sets.oldSets.filter(isInUse).toSorted(byCreation)
  if (old.length === 0) return []
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment)
  const newUnavailable = replicasOf(newSet) - availableOf(newSet)
  const room = sumOf(allSets(sets), replicasOf) - minAvailable - newUnavailable
  if (room <= 0) return []

  const sizes = new Map(old.map((set) => [set, replicasOf(set)]))
  const take = (set: ReplicaSet, most: number, budget: number): number => {
    const size = sizes.get(set) ?? 0
    const count = Math.max(0, Math.min(size, most, budget))
    sizes.set(set, size - count)
    return budget - count
  }
  // Replicas that do not work cost no availability: they go first.
  let budget = room
  for (const set of old) budget = take(set, replicasOf(set) - availableOf(set), budget)
  budget = sumOf(allSets(sets), availableOf) - minAvailable
  for (const set of old) if (budget > 0) budget = take(set, Infinity, budget)
  return old.flatMap((set) => resizeIfNeeded(deployment, set, sizes.get(set) ?? 0))
}

const availableOf = ({ status }: ReplicaSet) => status?.availableReplicas ?? 0

/** Recreate: everything old down, and nothing new while a Pod of the old still runs. */
export function recreateStep(sets: Sets): readonly Action[] {
  return sets.oldSets.filter(isInUse).flatMap((set) => resizeIfNeeded(sets.deployment, set, 0))
}

export function doOldPodsRun(sets: Sets, pods: (uid: string) => readonly Pod[]): boolean {
  return sets.oldSets.some(
    ({ metadata, status }) =>
      (status?.replicas ?? 0) > 0 || pods(metadata.uid ?? '').some((pod) => !isTerminal(pod)),
  )
}
