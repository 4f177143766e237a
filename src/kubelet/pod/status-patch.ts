// The smallest strategic patch that brings the API's status to the kubelet's. In: both. Out: the
// patch, or undefined where nothing differs. Conditions of others are left alone. Pure.

import { isDeepStrictEqual } from 'node:util'
import type { Pod, PodCondition, PodStatus } from '../../api/types.gen.ts'
import { timeText } from './container-status.ts'

export interface StatusPatch {
  readonly metadata: { readonly uid: string }
  readonly status: Readonly<Record<string, unknown>>
}

export function statusPatch(pod: Pod, wanted: PodStatus, nowMs: number): StatusPatch | undefined {
  const current = pod.status ?? {}
  const { conditions = [], podIPs, hostIPs, ...plain } = wanted
  const changed = Object.entries(plain).filter(
    ([field, value]) => !isSame(current[field as keyof PodStatus], value),
  )
  const changes = conditions.flatMap((condition) => conditionChange(current, condition, nowMs))
  const status = {
    ...Object.fromEntries(changed),
    ...(changes.length > 0 && { conditions: changes }),
    // Lists merged by address: replaced whole, or an old address would stay.
    ...replaced('podIPs', current.podIPs, podIPs),
    ...replaced('hostIPs', current.hostIPs, hostIPs),
  }
  if (Object.keys(status).length === 0) return undefined
  return { metadata: { uid: pod.metadata.uid ?? '' }, status }
}

function conditionChange(
  { conditions = [] }: PodStatus,
  wanted: PodCondition,
  nowMs: number,
): readonly object[] {
  const before = conditions.find(({ type }) => type === wanted.type)
  if (wanted.type === 'PodScheduled' && before?.status === 'True') return []
  const { lastTransitionTime, lastProbeTime: _, ...rest } = before ?? { lastTransitionTime: '' }
  if (isDeepStrictEqual(rest, wanted)) return []
  const isSameStatus = before?.status === wanted.status
  return [
    {
      ...wanted,
      // A strategic patch keeps what it does not name; what is gone is named null.
      ...(before?.reason && !wanted.reason && { reason: null }),
      ...(before?.message && !wanted.message && { message: null }),
      lastTransitionTime: isSameStatus ? lastTransitionTime : timeText(nowMs),
    },
  ]
}

function replaced(field: string, current: unknown, wanted: unknown): object {
  if (!Array.isArray(wanted) || isSame(current, wanted)) return {}
  return { [field]: current ? [{ $patch: 'replace' }, ...wanted] : wanted }
}

/** Empty and absent are the same to the API. */
function isSame(current: unknown, wanted: unknown): boolean {
  return isDeepStrictEqual(tidy(current), tidy(wanted))
}

function tidy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
