// How long to wait before trying again: doubling from a first delay to a last one.

import type { Random } from './random.ts'

export interface BackoffLimits {
  readonly firstMs: number
  readonly lastMs: number
}

/** Delay before the try after `failures` failures (0: the first delay). */
export function backoffDelay({ firstMs, lastMs }: BackoffLimits, failures: number): number {
  return Math.min(firstMs * 2 ** Math.min(failures, 40), lastMs)
}

/** Between `delayMs` and twice that, so that those who failed together do not return together. */
export function withJitter(delayMs: number, random: Random): number {
  return delayMs + random.below(Math.max(1, Math.round(delayMs)))
}
