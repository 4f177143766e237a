// The quality-of-service class of a Pod: how sure it is of the resources it asks for.
// Source: pkg/apis/core/helper/qos.

import type { DraftOf } from './draft.ts'
import { addQuantities, compareQuantities } from './quantity.ts'
import type { PodSpec } from './types.gen.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

type Amounts = Readonly<Record<string, string | undefined>>

const counted = ['cpu', 'memory']

/** Guaranteed: all have limits for cpu and memory, and ask for exactly these. */
export function qosClassOf(spec: DraftOf<PodSpec>): QosClass {
  const askers = spec.resources
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((one) => one.resources ?? {})
  const requests = sumOf(askers.map((asker) => asker.requests ?? {}))
  const limits = sumOf(askers.map((asker) => asker.limits ?? {}))
  const names = Object.keys(requests)
  if (names.length === 0 && Object.keys(limits).length === 0) return 'BestEffort'
  const isLimited = askers.every(({ limits: own }) =>
    counted.every((name) => compareQuantities(own?.[name] ?? '0', '0') > 0),
  )
  const isExact =
    names.length === Object.keys(limits).length &&
    names.every((name) => compareQuantities(requests[name] ?? '0', limits[name] ?? '0') === 0)
  return isLimited && isExact ? 'Guaranteed' : 'Burstable'
}

function sumOf(lists: readonly Amounts[]): Record<string, string> {
  const sum: Record<string, string> = {}
  for (const list of lists) {
    for (const name of counted) {
      const amount = list[name]
      if (amount === undefined || compareQuantities(amount, '0') <= 0) continue
      sum[name] = sum[name] === undefined ? amount : addQuantities(sum[name], amount)
    }
  }
  return sum
}
