// A Pod that was to be disrupted and is still there after two minutes is no longer about to go.

import { timeOf } from '../../api/time.ts'
import type { Pod } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { nothing, type Plan } from '../../client/plan.ts'
import { findCondition } from '../conditions.ts'
import { isActive } from '../pod-state.ts'
import { disruptionTimeoutMs } from './plan.ts'

export const staleDisruption: Controller<Pod> = {
  name: 'disruption-controller',
  reconciles: 'Pod',
  observe(key, { Pod }) {
    const pod = Pod.get(key)
    const target = findCondition(pod?.status?.conditions, 'DisruptionTarget')
    return pod && target?.status === 'True' && isActive(pod) ? pod : undefined
  },
  plan: planStaleCondition,
}

export function planStaleCondition(pod: Pod, now: Date): Plan {
  const target = findCondition(pod.status?.conditions, 'DisruptionTarget')
  if (target?.status !== 'True' || !isActive(pod)) return nothing
  const sinceMs = Date.parse(target.lastTransitionTime ?? '') || 0
  const leftMs = sinceMs + disruptionTimeoutMs - now.getTime()
  if (leftMs > 0) return { actions: [], requeueAfterMs: leftMs }
  const { namespace = '', name, uid } = pod.metadata
  const over = { type: 'DisruptionTarget', status: 'False', lastTransitionTime: timeOf(now) }
  return {
    actions: [
      {
        verb: 'patch',
        kind: 'Pod',
        key: { namespace, name },
        type: 'strategic',
        subresource: 'status',
        patch: { metadata: { uid }, status: { conditions: [over] } },
        ignore: ['NotFound'],
      },
    ],
  }
}
