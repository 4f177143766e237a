// Controllers and scheduler where several control planes share a store: each runs in the one that
// has its Lease, and begins anew, from an empty cache, when the Lease comes back.

import { hostname } from 'node:os'
import type { ApiClient } from '../client/create-client.ts'
import { createEventRecorder } from '../client/events.ts'
import { keepStanding, type Lead, type LeaderElectionOptions } from '../client/leader-election.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'

export interface Candidate {
  /** The Lease in kube-system, and the component of its events: kube-scheduler. */
  readonly name: string
  readonly client: ApiClient
  /** Resolves when the signal has aborted and all its work has ended. */
  readonly run: Lead
}

export interface ElectionOptions
  extends Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'> {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** Tells this process from the others; absent: the machine's name and a random number. */
  readonly identity?: string
}

/** Resolves when the signal has aborted and every candidate has ended. */
export async function runElected(
  candidates: readonly Candidate[],
  options: ElectionOptions,
): Promise<void> {
  const { random, identity = `${hostname()}_${random.uuid()}` } = options
  await Promise.all(
    candidates.map(({ name, client, run }) => {
      const recorder = createEventRecorder({ ...options, client, source: { component: name } })
      const lease = { namespace: 'kube-system', name }
      return keepStanding({ ...options, client, lease, identity, recorder }, run)
    }),
  )
}
