// Keeps a process running: starts it, starts it again when it ends, later and later while it does
// not last. In: how to start it. Out: its life, until the signal ends it.

import type { ChildProcess } from 'node:child_process'
import { type BackoffLimits, backoffDelay } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export interface KeptProcess {
  readonly name: string
  /** `restarts` counts from 0. */
  start(restarts: number): ChildProcess
  /** Asks it to end; it is killed if it does not. */
  askToEnd(child: ChildProcess): void
  kill(child: ChildProcess): Promise<void>
}

export interface KeepOptions {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const backoff: BackoffLimits = { firstMs: 50, lastMs: 10_000 }
/** One that ran this long was well: the next end counts as the first. */
const wellMs = 30_000
const endTimeoutMs = 3_000

/** Resolves when the signal has aborted and the process is gone. */
export async function keepRunning(kept: KeptProcess, options: KeepOptions): Promise<void> {
  const { clock, log, signal } = options
  let failures = 0
  for (let restarts = 0; !signal.aborted; restarts += 1) {
    const startedAtMs = clock.now().getTime()
    const child = kept.start(restarts)
    const how = await Promise.race([endOf(child), abortOf(signal)])
    if (how === undefined) return end(kept, child, clock)
    // What is left of it, e.g. the inner process of a killed wrapper, loses its channel.
    if (child.connected) child.disconnect()
    failures = clock.now().getTime() - startedAtMs > wellMs ? 0 : failures
    const delayMs = backoffDelay(backoff, failures)
    failures += 1
    log.warn(`${kept.name} ended, starting it again`, { how, delayMs })
    await clock.sleep(delayMs, signal).catch(() => {})
  }
}

async function end(kept: KeptProcess, child: ChildProcess, clock: Clock): Promise<void> {
  const ended = endOf(child)
  const patience = new AbortController()
  kept.askToEnd(child)
  await Promise.race([ended, clock.sleep(endTimeoutMs, patience.signal).catch(() => {})])
  patience.abort()
  await kept.kill(child)
  await ended
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve('gone')
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, by) => resolve(by ? `killed by ${by}` : `exit code ${code}`))
  })
}
