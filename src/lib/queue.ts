// A queue of keys to work on: a key waits once however often it is added, is worked on by one
// worker at a time, and comes back later and later while its work fails.

import { type BackoffLimits, backoffDelay } from './backoff.ts'
import type { Clock } from './clock.ts'

export interface Queue {
  /** Puts the key in line; a key being worked on goes in line again when it is done. */
  add(key: string): void
  addAfter(key: string, delayMs: number): void
  /** Adds the key after a delay that doubles with each retry until forget(). */
  retry(key: string): void
  /** The next retry of the key starts from the first delay again. */
  forget(key: string): void
  /** Resolves to undefined once the queue's signal aborts. */
  take(): Promise<string | undefined>
  /** Ends the work on a taken key. */
  done(key: string): void
  readonly length: number
}

export interface QueueOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Default: 5 ms to 1000 s, as client-go's per-item limiter. */
  readonly backoff?: BackoffLimits
  /** Most keys in line; there is one key an object, so reaching it is a broken invariant. */
  readonly limit?: number
}

export function createQueue({ clock, signal, ...options }: QueueOptions): Queue {
  const backoff = options.backoff ?? { firstMs: 5, lastMs: 1_000_000 }
  const limit = options.limit ?? 1_000_000
  const waiting = new Set<string>()
  const working = new Set<string>()
  const addedMeanwhile = new Set<string>()
  const failures = new Map<string, number>()
  const takers: ((key: string | undefined) => void)[] = []
  const later = delayLine(clock, signal, add)

  signal.addEventListener('abort', () => {
    for (const take of takers.splice(0)) take(undefined)
  })

  function add(key: string): void {
    if (signal.aborted) return
    if (working.has(key)) {
      addedMeanwhile.add(key)
      return
    }
    if (waiting.has(key)) return
    const take = takers.shift()
    if (take) {
      working.add(key)
      take(key)
      return
    }
    if (waiting.size >= limit) throw new Error(`more than ${limit} keys in a queue`)
    waiting.add(key)
  }

  return {
    add,
    addAfter: (key, delayMs) => (delayMs > 0 ? later(key, delayMs) : add(key)),
    retry(key) {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      later(key, backoffDelay(backoff, count))
    },
    forget: (key) => void failures.delete(key),
    take: async () => {
      if (signal.aborted) return undefined
      for (const key of waiting) {
        waiting.delete(key)
        working.add(key)
        return key
      }
      return new Promise((resolve) => takers.push(resolve))
    },
    done(key) {
      working.delete(key)
      if (addedMeanwhile.delete(key)) add(key)
    },
    get length() {
      return waiting.size
    },
  }
}

/** Keys that become due: the earliest time asked for counts. One sleeper for all of them. */
function delayLine(
  clock: Clock,
  signal: AbortSignal,
  add: (key: string) => void,
): (key: string, delayMs: number) => void {
  const dueAtMs = new Map<string, number>()
  let sleeping: { untilMs: number; stop: AbortController } | undefined

  const wake = () => {
    const nowMs = clock.now().getTime()
    let nextMs = Infinity
    for (const [key, atMs] of dueAtMs) {
      if (atMs > nowMs) {
        nextMs = Math.min(nextMs, atMs)
        continue
      }
      dueAtMs.delete(key)
      add(key)
    }
    if (nextMs < Infinity) sleepUntil(nextMs)
  }

  const sleepUntil = (atMs: number) => {
    if (signal.aborted || (sleeping && sleeping.untilMs <= atMs)) return
    sleeping?.stop.abort()
    const mine = { untilMs: atMs, stop: new AbortController() }
    sleeping = mine
    const delayMs = Math.min(Math.max(0, atMs - clock.now().getTime()), longestSleepMs)
    clock.sleep(delayMs, AbortSignal.any([signal, mine.stop.signal])).then(
      () => {
        sleeping = undefined
        wake()
      },
      () => {},
    )
  }

  return (key, delayMs) => {
    const atMs = Math.min(clock.now().getTime() + delayMs, dueAtMs.get(key) ?? Infinity)
    dueAtMs.set(key, atMs)
    sleepUntil(atMs)
  }
}

/** Timers of the platform hold 31 bits of milliseconds. */
const longestSleepMs = 2 ** 30
