// Waits that double: 10 s, 20 s, ... 300 s, for restarts and for image pulls. Pure.

export interface BackOff {
  readonly delayMs: number
  readonly updatedAtMs: number
}

export const initialDelayMs = 10_000
export const longestDelayMs = 300_000

/** When the wait that began with the event at `sinceMs` is over; undefined: no wait. */
export function backOffEnd(entry: BackOff | undefined, sinceMs: number): number | undefined {
  if (!entry || isForgotten(entry, sinceMs)) return undefined
  return sinceMs + entry.delayMs
}

/** The wait to apply should it fail again after the event at `sinceMs`. */
export function nextBackOff(entry: BackOff | undefined, sinceMs: number, nowMs: number): BackOff {
  const delayMs =
    !entry || isForgotten(entry, sinceMs)
      ? initialDelayMs
      : Math.min(entry.delayMs * 2, longestDelayMs)
  return { delayMs, updatedAtMs: nowMs }
}

/** What ran well for twice the longest wait starts afresh. */
function isForgotten({ updatedAtMs }: BackOff, sinceMs: number): boolean {
  return sinceMs - updatedAtMs > 2 * longestDelayMs
}

/** A wait as Go prints a duration: 10s, 1m20s, 5m0s. */
export function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
