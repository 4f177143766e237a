// Asks one probe of one container again and again until told to stop. In: the probe and how to
// run it. Out: verdicts as they change, and each failure.

import type { Probe } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import { afterResult, type ProbeResult, type ProbeState, unprobed } from './outcome.ts'

export interface ProbeLoop {
  readonly probe: Probe
  readonly clock: Clock
  /** When the container started: the initial delay counts from here. */
  readonly startedAtMs: number
  ask(): Promise<ProbeResult>
  /** False while the container's startup probe has not succeeded. */
  mayAsk(): boolean
  told(result: ProbeResult, state: ProbeState): void
  /** True when there is nothing more to learn, e.g. a startup probe that succeeded. */
  isOver(state: ProbeState): boolean
}

// A server needs a moment between its start and its first answer. A failure before a whole period has
// gone by is therefore no result yet, and asked about again soon: what comes up quickly is found ready
// quickly, and nobody reads of refused connections that mean nothing.
const firstRetryMs = 50
const retryGrowth = 1.5
/** How soon a probe notices that the startup probe no longer holds it back. */
const whileGatedMs = 250

export async function runProbeLoop(loop: ProbeLoop, signal: AbortSignal): Promise<void> {
  const { probe, clock, startedAtMs } = loop
  const periodMs = (probe.periodSeconds ?? 10) * 1000
  const firstMs = startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000
  const settledMs = Math.max(firstMs, startedAtMs + periodMs)
  const nowMs = () => clock.now().getTime()
  let state = unprobed
  let retryMs = firstRetryMs
  let waitMs = firstMs - nowMs()
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, waitMs), signal).catch(() => {})
    if (signal.aborted) return
    waitMs = loop.mayAsk() ? periodMs : Math.min(periodMs, whileGatedMs)
    if (!loop.mayAsk()) continue
    const isSettled = state !== unprobed || nowMs() >= settledMs
    const result = await loop.ask()
    if (signal.aborted) return
    if (!result.isSuccess && !isSettled) {
      waitMs = Math.min(retryMs, Math.max(0, settledMs - nowMs()))
      retryMs = Math.round(retryMs * retryGrowth)
      continue
    }
    state = afterResult(state, result.isSuccess, probe)
    loop.told(result, state)
    if (loop.isOver(state)) return
  }
}
