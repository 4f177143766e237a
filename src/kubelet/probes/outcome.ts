// Thresholds of a probe: what one more result makes of the results before it. Pure.

import type { Probe } from '../../api/types.gen.ts'

export interface ProbeResult {
  readonly isSuccess: boolean
  /** What a user reads after "Readiness probe failed: ". */
  readonly output: string
  /** Succeeded, but worth an event of its own. */
  readonly warning?: string
}

export interface ProbeState {
  /** What the last results said, and how many in a row. */
  readonly isSuccess: boolean | undefined
  readonly inARow: number
  /** Undefined until a threshold has been reached for the first time. */
  readonly verdict: boolean | undefined
}

export const unprobed: ProbeState = { isSuccess: undefined, inARow: 0, verdict: undefined }

export function afterResult(before: ProbeState, isSuccess: boolean, probe: Probe): ProbeState {
  const inARow = before.isSuccess === isSuccess ? before.inARow + 1 : 1
  const threshold = isSuccess ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  return { isSuccess, inARow, verdict: inARow >= threshold ? isSuccess : before.verdict }
}
