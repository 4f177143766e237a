// How up and start wait for a cluster: progress on the way, a limit, Ctrl-C.

import type { LifeOptions } from '../cluster/lifecycle.ts'
import { UserError } from '../cluster/user-error.ts'
import type { CliContext, OptionValues, VerbOption } from './verb.ts'

export const waitOption: VerbOption = {
  flags: '--wait <time>',
  help: 'how long to wait for it to be ready, e.g. 90s or 2m (default: 60s)',
}

export function lifeOptions(context: CliContext, { wait }: OptionValues): LifeOptions {
  const { clock, out, signal, porterProgram } = context
  const startedAtMs = clock.now().getTime()
  out.busy('starting')
  return {
    clock,
    signal,
    porterProgram,
    timeoutMs: typeof wait === 'string' ? durationMs(wait) : 60_000,
    onStep: (step) => {
      out.step(step, clock.now().getTime() - startedAtMs)
      out.busy('waiting')
    },
  }
}

const unitMs = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Go's way of writing durations, as far as one unit goes; a bare number is seconds. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text)
  const unit = match?.[2] as keyof typeof unitMs | undefined
  if (!match || unit === undefined) throw new UserError(`"${text}" is no duration, e.g. 90s`)
  return Number(match[1]) * unitMs[unit]
}
