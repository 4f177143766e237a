// The order of everything in a simulation: whoever waits for the disk or thinks before it asks
// takes a turn, and the seed decides whose turn is next and when time passes.

import { type TestClock, testClock } from '../../src/lib/clock.ts'
import type { Random } from '../../src/lib/random.ts'

export interface Scheduler {
  readonly clock: TestClock
  /** A number that grows with every call: when something began or ended. */
  tick(): number
  /** Resolves when its turn comes; never after a crash, when `onCrash` is called instead. */
  turn(onCrash?: () => void): Promise<void>
  /** Gives turns, at most so many, until nobody has waited for one while `idleMs` passed. */
  run(turns: number, idleMs?: number): Promise<void>
  /** All that waits is gone with its process. */
  crash(): void
}

interface Turn {
  readonly take: () => void
  readonly onCrash: (() => void) | undefined
}

/** One in so many turns, time passes although somebody waits. */
const timePasses = 20

export function createScheduler(random: Random): Scheduler {
  let clock = testClock()
  let waiting: Turn[] = []
  let ticks = 0

  return {
    get clock() {
      return clock
    },
    tick: () => ++ticks,
    turn: (onCrash) =>
      new Promise((resolve) => {
        waiting.push({ take: resolve, onCrash })
      }),
    async run(turns, idleMs = 2000) {
      let idleForMs = 0
      for (let i = 0; i < turns; i++) {
        await settled()
        const isIdle = waiting.length === 0
        if (isIdle && idleForMs >= idleMs) return
        if (isIdle || random.below(timePasses) === 0) {
          const passMs = 1 + random.below(isIdle ? Math.max(300, idleMs / 20) : 300)
          idleForMs = isIdle ? idleForMs + passMs : 0
          clock.advance(passMs)
          continue
        }
        const [next] = waiting.splice(random.below(waiting.length), 1)
        next?.take()
      }
      await settled()
    },
    crash() {
      const lost = waiting
      waiting = []
      // Those who slept never wake; time goes on.
      clock = testClock(clock.now().toISOString())
      for (const { onCrash } of lost) onCrash?.()
    },
  }
}

/** Resolves once everything has been done that can be done without another turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
