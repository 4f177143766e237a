// Starts the scheduler.

import type { ApiClient } from '../client/create-client.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers, type RunningInformers } from '../client/informers.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import { schedulerWants } from './feed.ts'
import { runScheduler } from './scheduler.ts'

export interface SchedulerOptions {
  readonly client: ApiClient
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
  /** Shared with the controllers where they run in the same process; must hold schedulerWants. */
  readonly informers?: RunningInformers
  readonly name?: string
}

export interface RunningScheduler {
  readonly informers: RunningInformers
  /** Resolves when the signal has aborted and the last binding has ended. */
  readonly ended: Promise<void>
}

export function startScheduler(options: SchedulerOptions): RunningScheduler {
  const { client, signal, name = 'default-scheduler' } = options
  const { clock = systemClock, random = systemRandom, log = silentLog } = options
  const informers =
    options.informers ?? createInformers(client, schedulerWants, { signal, clock, random, log })
  const source = { component: name }
  const form = 'events.k8s.io/v1' as const
  const recorder = createEventRecorder({ client, clock, random, signal, source, form, log })
  const ended = runScheduler({ client, informers, recorder, clock, random, log, signal, name })
  return { informers, ended: Promise.all([ended, informers.ended]).then(() => {}) }
}
