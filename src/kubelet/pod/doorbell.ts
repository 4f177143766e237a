// Wakes a loop: rings are counted as one while nobody listens, and a time may ring as well.

import type { Clock } from '../../lib/clock.ts'

export interface Doorbell {
  ring(): void
  /** Resolves at the next ring (at once, if it rang meanwhile), at `untilMs`, or on abort. */
  heard(untilMs: number | undefined, signal: AbortSignal): Promise<void>
}

/** Timers of the platform hold 31 bits of milliseconds. */
const longestSleepMs = 2 ** 30

export function createDoorbell(clock: Clock): Doorbell {
  let hasRung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      hasRung = true
      wake?.()
    },
    async heard(untilMs, signal) {
      const stop = new AbortController()
      const either = AbortSignal.any([signal, stop.signal])
      const rung = new Promise<void>((resolve) => {
        wake = resolve
        if (hasRung || signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true, signal: stop.signal })
      })
      const waitMs = untilMs === undefined ? undefined : untilMs - clock.now().getTime()
      const slept =
        waitMs === undefined
          ? rung
          : clock.sleep(Math.min(Math.max(0, waitMs), longestSleepMs), either).catch(() => {})
      await Promise.race([rung, slept])
      stop.abort()
      wake = undefined
      hasRung = false
    },
  }
}
