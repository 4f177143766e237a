// Numbers that may be given as a share: 3, "3" or "25%".

import type { IntOrString } from '../api/json.ts'

export function resolveShare(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const share = /^(\d+)%$/.exec(value)
  if (!share) return Number.parseInt(value, 10) || 0
  const exact = (Number(share[1]) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
