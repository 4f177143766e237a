// The quality-of-service class of a Pod, from its containers' requests and limits. Pure.

import type { Pod, ResourceRequirements } from '../../api/types.gen.ts'
import { bytesOf, milliOf } from '../amounts.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

export function qosClass({ spec }: Pod): QosClass {
  const each = spec.resources
    ? [spec.resources]
    : [...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources ?? {})
  if (each.every(asksNothing)) return 'BestEffort'
  return each.every(isGuaranteed) ? 'Guaranteed' : 'Burstable'
}

function asksNothing({ requests = {}, limits = {} }: ResourceRequirements): boolean {
  return [requests.cpu, requests.memory, limits.cpu, limits.memory].every(
    (quantity) => milliOf(quantity) === 0,
  )
}

function isGuaranteed({ requests = {}, limits = {} }: ResourceRequirements): boolean {
  const cpu = milliOf(limits.cpu)
  const memory = bytesOf(limits.memory)
  return (
    cpu > 0 &&
    memory > 0 &&
    milliOf(requests.cpu ?? limits.cpu) === cpu &&
    bytesOf(requests.memory ?? limits.memory) === memory
  )
}
