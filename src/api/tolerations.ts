// Taints and tolerations.

import type { Taint, Toleration } from './types.gen.ts'

export function isTolerated(taint: Taint, tolerations: readonly Toleration[] = []): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint))
}

export function tolerates(
  { key, operator = 'Equal', value = '', effect }: Toleration,
  taint: Taint,
): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  switch (operator) {
    case 'Exists':
      return true
    case 'Equal':
      return Boolean(key) && value === (taint.value ?? '')
    case 'Lt':
    case 'Gt':
      return compare(operator, value, taint.value ?? '')
  }
}

/** The taint's number against the toleration's; what is no number is not tolerated. */
function compare(operator: 'Lt' | 'Gt', value: string, taintValue: string): boolean {
  if (!/^-?\d+$/.test(value) || !/^-?\d+$/.test(taintValue)) return false
  const difference = BigInt(taintValue) - BigInt(value)
  return operator === 'Lt' ? difference < 0n : difference > 0n
}
