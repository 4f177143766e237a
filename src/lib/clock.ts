// Time as a driver: the system's clock, or one that a test moves by hand.

import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  now(): Date
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(ms, signal) {
    let leftMs = Math.max(0, ms)
    for (; leftMs > longestTimerMs; leftMs -= longestTimerMs) await timer(longestTimerMs, signal)
    await timer(leftMs, signal)
  },
}

/** Of setTimeout, which ends longer ones at once. */
const longestTimerMs = 2 ** 31 - 1

const timer = (ms: number, signal: AbortSignal | undefined) =>
  delay(ms, undefined, signal && { signal })

export interface TestClock extends Clock {
  /** Moves time forward and wakes the sleepers whose time has come, in order. */
  advance(ms: number): void
}

export function testClock(start = '2026-01-01T00:00:00Z'): TestClock {
  let nowMs = Date.parse(start)
  const sleepers = new Set<{ atMs: number; wake: () => void }>()
  return {
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { atMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener(
          'abort',
          () => {
            if (sleepers.delete(sleeper)) reject(signal.reason)
          },
          { once: true },
        )
      }),
    advance(ms) {
      nowMs += ms
      const due = [...sleepers].filter((sleeper) => sleeper.atMs <= nowMs)
      for (const sleeper of due.sort((a, b) => a.atMs - b.atMs)) {
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}
