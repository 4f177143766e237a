// Requests and limits as the kernel takes them: cpu shares and quota, memory, who dies first.
// Pure. Source: kubelet's cm/helpers_linux and qos/policy.

import type { Container, Pod } from '../../api/types.gen.ts'
import type { LinuxResources } from '../../cri/cri.ts'
import { bytesOf, milliOf } from '../amounts.ts'
import { qosClass } from '../pod/qos.ts'

const periodUs = 100_000
const leastQuotaUs = 1000
const leastShares = 2
const mostShares = 262_144

export function linuxResources(
  pod: Pod,
  container: Container,
  memoryBytes: number,
): LinuxResources {
  const { limits = {}, requests = {} } = container.resources ?? {}
  const cpuLimit = milliOf(limits.cpu)
  const cpuRequest = milliOf(requests.cpu ?? limits.cpu)
  const memoryLimit = bytesOf(limits.memory)
  return {
    cpuShares: sharesOf(cpuRequest),
    ...(cpuLimit > 0 && { cpuPeriod: periodUs, cpuQuota: quotaOf(cpuLimit) }),
    ...(memoryLimit > 0 && { memoryLimitBytes: memoryLimit }),
    oomScoreAdj: oomScore(pod, container, memoryBytes),
  }
}

export function sharesOf(milliCpu: number): number {
  const shares = Math.floor((milliCpu * 1024) / 1000)
  return Math.min(mostShares, Math.max(leastShares, shares))
}

export function quotaOf(milliCpu: number): number {
  return Math.max(leastQuotaUs, Math.floor((milliCpu * periodUs) / 1000))
}

/** The more of the machine's memory was asked for, the later it is chosen. */
export function oomScore(pod: Pod, container: Container, memoryBytes: number): number {
  const quality = qosClass(pod)
  if ((pod.spec.priority ?? 0) >= 2_000_000_000 || quality === 'Guaranteed') return -997
  if (quality === 'BestEffort') return 1000
  const { requests = {}, limits = {} } = container.resources ?? {}
  const asked = bytesOf(requests.memory ?? limits.memory)
  const score = Math.floor(1000 - (1000 * asked) / memoryBytes)
  return Math.min(999, Math.max(3, score))
}
