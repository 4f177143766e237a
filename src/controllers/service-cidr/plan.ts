// A ServiceCIDR and what depends on it -> its finalizer and whether it is ready.

import { keyOf } from '../../api/meta.ts'
import { timeOf } from '../../api/time.ts'
import type { Condition, ServiceCIDR } from '../../api/types.gen.ts'
import { type Action, nothing, type Plan } from '../../client/plan.ts'
import { findCondition } from '../conditions.ts'

export const finalizer = 'networking.k8s.io/service-cidr-finalizer'

/** So long API servers may still give an address of a block that was deleted. */
const graceMs = 10_000

export interface Observed {
  readonly cidr: ServiceCIDR
  /** An address of a Service is in this block alone. */
  readonly isNeeded: boolean
}

export function planServiceCidr({ cidr, isNeeded }: Observed, now: Date): Plan {
  const { deletionTimestamp, finalizers = [] } = cidr.metadata
  const isProtected = finalizers.includes(finalizer)
  if (deletionTimestamp === undefined) {
    return {
      actions: [
        ...(isProtected ? [] : [finalizerPatch(cidr, { finalizers: [finalizer] })]),
        ...conditionPatch(cidr, ready, now),
      ],
    }
  }
  if (!isProtected) return nothing
  if (isNeeded) return { actions: conditionPatch(cidr, blocked, now) }
  const leftMs = Date.parse(deletionTimestamp) + graceMs - now.getTime()
  if (leftMs > 0) return { actions: [], requeueAfterMs: leftMs }
  return {
    actions: [finalizerPatch(cidr, { '$deleteFromPrimitiveList/finalizers': [finalizer] })],
  }
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

const ready: Verdict = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const blocked: Verdict = {
  status: 'False',
  reason: 'Terminating',
  message:
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
}

function finalizerPatch(cidr: ServiceCIDR, metadata: object): Action {
  return {
    verb: 'patch',
    kind: 'ServiceCIDR',
    key: keyOf(cidr),
    type: 'strategic',
    patch: { metadata },
    ignore: ['NotFound'],
  }
}

function conditionPatch(cidr: ServiceCIDR, verdict: Verdict, now: Date): Action[] {
  const current = findCondition(cidr.status?.conditions, 'Ready')
  const { status, reason, message } = verdict
  const isSame = current?.status === status && (current.reason ?? '') === reason
  if (isSame && current.message === message) return []
  const since = current?.status === status ? current.lastTransitionTime : timeOf(now)
  const condition = { type: 'Ready', ...verdict, lastTransitionTime: since }
  return [
    {
      verb: 'patch',
      kind: 'ServiceCIDR',
      key: keyOf(cidr),
      type: 'strategic',
      subresource: 'status',
      patch: { status: { conditions: [condition] } },
      ignore: ['NotFound'],
      report: {
        failure: () => ({
          regarding: cidr,
          type: 'Warning',
          reason: 'KubernetesServiceCIDRError',
          message: 'The ServiceCIDR Status can not be set to Ready=True',
        }),
      },
    },
  ]
}
