// The status of a Deployment, from its ReplicaSets: counts, availability, progress, failures.

import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../api/types.gen.ts'
import { findCondition, removeCondition, setCondition } from '../conditions.ts'
import { maxUnavailable, progressDeadlineMs, replicasOf, sumOf } from './strategy.ts'

export interface Sets {
  readonly deployment: Deployment
  readonly newSet: ReplicaSet | undefined
  readonly oldSets: readonly ReplicaSet[]
}

export const allSets = ({ newSet, oldSets }: Sets): readonly ReplicaSet[] =>
  newSet ? [...oldSets, newSet] : oldSets

/** A condition as of now; `True` unless said otherwise. */
export function condition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: Date,
): DeploymentCondition {
  const time = `${now.toISOString().slice(0, 19)}Z`
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time }
}

/** Counts and the Available condition; progress is left as it is. */
export function countedStatus(sets: Sets, now: Date): DeploymentStatus {
  const { deployment, newSet } = sets
  const all = allSets(sets)
  const available = sumOf(all, ({ status }) => status?.availableReplicas)
  const collisionCount = deployment.status?.collisionCount
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, ({ status }) => status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, ({ status }) => status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    terminatingReplicas: sumOf(all, ({ status }) => status?.terminatingReplicas),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: setCondition(
      deployment.status?.conditions,
      available >= replicasOf(deployment) - maxUnavailable(deployment)
        ? condition(
            'Available',
            'True',
            'MinimumReplicasAvailable',
            'Deployment has minimum availability.',
            now,
          )
        : condition(
            'Available',
            'False',
            'MinimumReplicasUnavailable',
            'Deployment does not have minimum availability.',
            now,
          ),
    ),
  }
}

/** Counts, and what a rollout adds: the Progressing and ReplicaFailure conditions. */
export function rolloutStatus(sets: Sets, now: Date): DeploymentStatus {
  const counted = countedStatus(sets, now)
  const failure = replicaFailure(sets)
  const conditions = progress(sets, counted, now)
  return {
    ...counted,
    conditions: failure
      ? setCondition(conditions, failure)
      : removeCondition(conditions, 'ReplicaFailure'),
  }
}

function progress(
  { deployment, newSet }: Sets,
  status: DeploymentStatus,
  now: Date,
): readonly DeploymentCondition[] {
  const { conditions = [] } = status
  if (progressDeadlineMs(deployment) === undefined) {
    return removeCondition(conditions, 'Progressing')
  }
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  const wasComplete =
    status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable'
  if (wasComplete) return conditions
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`
  const progressing = (value: 'True' | 'False', reason: string, message: string) =>
    condition('Progressing', value, reason, `${subject} ${message}`, now)
  if (isComplete(deployment, status)) {
    const done = progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed.')
    return setCondition(conditions, done)
  }
  if (hasProgressed(deployment, status)) {
    const going = progressing('True', 'ReplicaSetUpdated', 'is progressing.')
    // The same reason again still moves lastUpdateTime on: the deadline counts from it.
    const { lastTransitionTime } = current ?? {}
    const keepsTime = current?.status === 'True' && lastTransitionTime !== undefined
    return [
      ...removeCondition(conditions, 'Progressing'),
      keepsTime ? { ...going, lastTransitionTime } : going,
    ]
  }
  if (isTimedOut(deployment, now)) {
    const late = progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing.')
    return setCondition(conditions, late)
  }
  return conditions
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed({ status: old = {} }: Deployment, status: DeploymentStatus): boolean {
  const outdated = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) =>
    replicas - updatedReplicas
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(status) < outdated(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  )
}

function isTimedOut(deployment: Deployment, now: Date): boolean {
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  if (current?.reason === 'ProgressDeadlineExceeded') return true
  const leftMs = deadlineInMs(deployment, now)
  return leftMs !== undefined && leftMs < 0
}

/** Time left until the rollout counts as stuck; undefined where no deadline runs. */
export function deadlineInMs(deployment: Deployment, now: Date): number | undefined {
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  const deadlineMs = progressDeadlineMs(deployment)
  const ended = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'] as readonly unknown[]
  if (!current || deadlineMs === undefined || ended.includes(current.reason)) return undefined
  return Date.parse(current.lastUpdateTime ?? '') + deadlineMs - now.getTime()
}

/** The new ReplicaSet's failure before those of old ones. */
function replicaFailure(sets: Sets): DeploymentCondition | undefined {
  const ordered = [...(sets.newSet ? [sets.newSet] : []), ...allSets(sets)]
  for (const { status } of ordered) {
    const found = findCondition(status?.conditions, 'ReplicaFailure')
    if (found) return { ...found, ...(found.lastTransitionTime && updatedAt(found)) }
  }
  return undefined
}

const updatedAt = ({ lastTransitionTime = '' }: { lastTransitionTime?: string }) => ({
  lastUpdateTime: lastTransitionTime,
})
