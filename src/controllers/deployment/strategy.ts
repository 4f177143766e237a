// The numbers of a Deployment's strategy, resolved against its replicas.

import type { Deployment, ReplicaSet } from '../../api/types.gen.ts'
import { resolveShare } from '../int-or-percent.ts'

/** What clients write to mean "no limit" for a deadline or a history. */
const noLimit = 2 ** 31 - 1

export const replicasOf = ({ spec }: Deployment | ReplicaSet): number => spec.replicas ?? 1

export function isRollingUpdate({ spec }: Deployment): boolean {
  return (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0
}

export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment)
  if (!isRollingUpdate(deployment) || replicas === 0) return 0
  return Math.min(fenceposts(deployment).unavailable, replicas)
}

/** Both zero would leave no way to move: then one may be unavailable. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { rollingUpdate } = deployment.spec.strategy ?? {}
  const replicas = replicasOf(deployment)
  const surge = resolveShare(rollingUpdate?.maxSurge ?? '25%', replicas, 'up')
  const unavailable = resolveShare(rollingUpdate?.maxUnavailable ?? '25%', replicas, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function progressDeadlineMs({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds
  return seconds === undefined || seconds === noLimit ? undefined : seconds * 1000
}

export function historyLimit({ spec }: Deployment): number | undefined {
  return spec.revisionHistoryLimit === noLimit ? undefined : spec.revisionHistoryLimit
}

/** How large the new ReplicaSet may become now, given what all of them have. */
export function newReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: number,
): number {
  const wanted = replicasOf(deployment)
  if (!isRollingUpdate(deployment)) return wanted
  const room = wanted + maxSurge(deployment) - sumOf(all, replicasOf)
  return room <= 0 ? current : current + Math.min(room, wanted - current)
}

export function sumOf<T>(items: readonly T[], count: (item: T) => number | undefined): number {
  return items.reduce((sum, item) => sum + (count(item) ?? 0), 0)
}
