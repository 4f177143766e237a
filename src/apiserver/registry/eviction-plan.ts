// May this Pod be evicted? Decided from its disruption budget's status, as upstream words it.

import type { DraftOf } from '../../api/draft.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Pod, PodDisruptionBudget } from '../../api/types.gen.ts'

/** 'take': it costs one allowed disruption; 'free': the budget does not count it. */
export type EvictionPlan = 'take' | 'free' | StatusError

const mostDisrupted = 2000

export function planEviction(
  { metadata, spec, status }: DraftOf<PodDisruptionBudget>,
  pod: Pod,
): EvictionPlan {
  const name = metadata?.name ?? ''
  if (!isReady(pod) && isUnreadyFree(spec, status)) return 'free'
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    return tooMany(`The disruption budget ${name} is still being processed by the server.`)
  }
  const allowed = status?.disruptionsAllowed ?? 0
  if (allowed < 0) {
    return new StatusError(
      'Forbidden',
      `poddisruptionbudgets.policy ${JSON.stringify(name)} is forbidden: pdb disruptions allowed is negative`,
    )
  }
  if (Object.keys(status?.disruptedPods ?? {}).length > mostDisrupted) {
    return new StatusError(
      'Forbidden',
      `poddisruptionbudgets.policy ${JSON.stringify(name)} is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller`,
    )
  }
  if (allowed === 0) {
    return tooMany(
      `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
    )
  }
  return 'take'
}

/** An unready Pod may always go where the policy says so, else only from a healthy application. */
function isUnreadyFree(
  spec: DraftOf<PodDisruptionBudget>['spec'],
  status: DraftOf<PodDisruptionBudget>['status'],
): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

function isReady({ status }: Pod): boolean {
  return (
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  )
}

function tooMany(why: string): StatusError {
  return new StatusError(
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    { causes: [{ reason: 'DisruptionBudget', message: why }], retryAfterSeconds: 10 },
  )
}
