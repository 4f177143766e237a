// Keeps Pods where their requests fit, and prefers nodes that are little and evenly used.

import type { NodeInfo } from '../node-info.ts'
import { type FilterPlugin, maxScore, type Rejection, type ScorePlugin } from '../plugin.ts'
import { requestsOf, scoreRequestsOf } from '../resources.ts'

const scored = ['cpu', 'memory'] as const

export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  prepareFilter({ pod }) {
    const requests = Object.entries(requestsOf(pod)).filter(([, amount]) => amount > 0)
    return (info) => {
      const reasons: string[] = []
      let isFinal = false
      if (info.pods.size + 1 > (info.allocatable['pods'] ?? 0)) reasons.push('Too many pods')
      for (const [resource, amount] of requests) {
        const capacity = info.allocatable[resource] ?? 0
        if (amount <= capacity - (info.requested[resource] ?? 0)) continue
        reasons.push(`Insufficient ${resource}`)
        if (amount > capacity) isFinal = true
      }
      return reasons.length > 0 ? ({ reasons, isFinal } satisfies Rejection) : undefined
    }
  },
  prepareScore({ pod }) {
    const requests = scoreRequestsOf(pod)
    return {
      score(info) {
        const free = scored.map((resource) => {
          const capacity = info.allocatable[resource] ?? 0
          const used = (info.scoreRequested[resource] ?? 0) + (requests[resource] ?? 0)
          return capacity === 0 || used > capacity ? 0 : ((capacity - used) * maxScore) / capacity
        })
        return Math.floor(free.reduce((sum, share) => sum + share, 0) / scored.length)
      },
    }
  },
}

export const nodeResourcesBalancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepareScore({ pod }) {
    const requests = requestsOf(pod)
    if (scored.every((resource) => !requests[resource])) return undefined
    return { score: (info) => balance(info, requests) }
  },
}

/** 100 when cpu and memory are used in equal shares, less the further they are apart. */
function balance(info: NodeInfo, requests: Readonly<Record<string, number>>): number {
  const shares = scored.flatMap((resource) => {
    const capacity = info.allocatable[resource] ?? 0
    if (capacity === 0) return []
    const used = (info.requested[resource] ?? 0) + (requests[resource] ?? 0)
    return [Math.min(1, used / capacity)]
  })
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
  const variance =
    shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, shares.length)
  return Math.floor((1 - Math.sqrt(variance)) * maxScore)
}
