// Durations of format `duration`: Go's (1h30m), or numbers with words as Scala writes them.

import { CelError } from '../../../cel/program.ts'
import { parseDuration } from '../../../cel/time.ts'
import { Duration } from '../../../cel/values.ts'

const nanosPerSecond = 1_000_000_000n

const units: readonly (readonly [RegExp, bigint])[] = [
  [/^(?:ns|nano.*)$/, 1n],
  [/^(?:us|µs|micro.*)$/, 1_000n],
  [/^(?:ms|milli.*)$/, 1_000_000n],
  [/^(?:s|sec.*)$/, nanosPerSecond],
  [/^(?:m|min.*)$/, 60n * nanosPerSecond],
  [/^(?:h|hr|hour.*)$/, 3600n * nanosPerSecond],
  [/^(?:d|day.*)$/, 86_400n * nanosPerSecond],
  [/^(?:w|wk|week.*)$/, 604_800n * nanosPerSecond],
]

/** Throws CelError. */
export function durationOf(text: string): Duration {
  try {
    return parseDuration(text)
  } catch (error) {
    const worded = wordedDuration(text)
    if (worded) return worded
    throw error instanceof CelError
      ? new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`)
      : error
  }
}

function wordedDuration(text: string): Duration | undefined {
  let nanos: bigint | undefined
  for (const [, count = '', word = ''] of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
    const unit = units.find(([form]) => form.test(word.toLowerCase()))
    if (unit) nanos = (nanos ?? 0n) + BigInt(count) * unit[1]
  }
  return nanos === undefined ? undefined : new Duration(nanos)
}
