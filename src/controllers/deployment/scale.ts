// Changing the size of a Deployment's ReplicaSets: one, or all in proportion.

import type { Deployment, ReplicaSet } from '../../api/types.gen.ts'
import { type Action, update } from '../../client/plan.ts'
import { createdAtMs } from '../pod-state.ts'
import { desiredReplicas, maxReplicas, replicasAnnotations } from './revision.ts'
import { allSets, type Sets } from './status.ts'
import { isRollingUpdate, maxSurge, replicasOf, sumOf } from './strategy.ts'

export const isInUse = (set: ReplicaSet): boolean => replicasOf(set) > 0

/** Oldest first. */
export const byCreation = (a: ReplicaSet, b: ReplicaSet): number =>
  createdAtMs(a) - createdAtMs(b) || (a.metadata.name < b.metadata.name ? -1 : 1)

/** Sets the size and the annotations that go with it; nothing where both are right. */
export function resize(
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number,
): readonly Action[] {
  const from = replicasOf(set)
  const annotations = replicasAnnotations(deployment)
  const isNoted = Object.entries(annotations).every(
    ([key, value]) => set.metadata.annotations?.[key] === value,
  )
  if (from === replicas && isNoted) return []
  const wanted: ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, replicas },
  }
  const direction = replicas > from ? 'up' : 'down'
  const { name } = set.metadata
  const message = `Scaled ${direction} replica set ${name} from ${from} to ${replicas}`
  const success = () =>
    ({ regarding: deployment, type: 'Normal', reason: 'ScalingReplicaSet', message }) as const
  return [update('ReplicaSet', wanted, from === replicas ? undefined : { success })]
}

/** As resize, but leaves annotations alone where the size is right already. */
export function resizeIfNeeded(
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number,
): readonly Action[] {
  return replicasOf(set) === replicas ? [] : resize(deployment, set, replicas)
}

/** For a change of spec.replicas, and while paused: no rollout, only sizes. */
export function scaleAll(sets: Sets): readonly Action[] {
  const { deployment, newSet, oldSets } = sets
  const single = activeOrLatest(sets)
  if (single) return resizeIfNeeded(deployment, single, replicasOf(deployment))
  if (newSet && isSaturated(deployment, newSet)) {
    return oldSets.filter(isInUse).flatMap((set) => resizeIfNeeded(deployment, set, 0))
  }
  return isRollingUpdate(deployment) ? scaleInProportion(sets) : []
}

/** The one ReplicaSet in use, or the latest where none is; undefined where several are. */
function activeOrLatest(sets: Sets): ReplicaSet | undefined {
  const active = allSets(sets).filter(isInUse)
  if (active.length > 1) return undefined
  return active[0] ?? sets.newSet ?? sets.oldSets.toSorted(byCreation).at(-1)
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = replicasOf(deployment)
  return (
    desiredReplicas(set) === wanted &&
    replicasOf(set) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  )
}

/** Shares the change out by size, so that a rollout under way keeps its pace. */
function scaleInProportion(sets: Sets): readonly Action[] {
  const { deployment } = sets
  const active = allSets(sets).filter(isInUse)
  const wanted = replicasOf(deployment)
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0
  const toAdd = allowed - sumOf(active, replicasOf)
  const ordered = active.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)),
  )
  let added = 0
  const sizes = ordered.map((set) => {
    const part = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added)
    added += part
    return replicasOf(set) + part
  })
  return ordered.flatMap((set, index) => {
    const leftover = index === 0 ? toAdd - added : 0
    return resize(deployment, set, Math.max(0, (sizes[index] ?? 0) + leftover))
  })
}

function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const allowed = toAdd - added
  if (replicasOf(set) === 0 || allowed === 0) return 0
  const share = fraction(deployment, set)
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed)
}

/** By how much this ReplicaSet would change alone, if all kept their shares. */
function fraction(deployment: Deployment, set: ReplicaSet): number {
  const wanted = replicasOf(deployment)
  const size = replicasOf(set)
  if (wanted === 0) return -size
  const before = maxReplicas(set) || deployment.status?.replicas
  if (!before) return 0
  return Math.round((size * (wanted + maxSurge(deployment))) / before) - size
}
