// Leader election by a Lease, as client-go does it: who holds the Lease leads, renews it while it
// can, and stops leading before another may take over.

import type { ObjectKey } from '../api/meta.ts'
import { isReason } from '../api/status-error.ts'
import type { Lease } from '../api/types.gen.ts'
import { withJitter } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Client } from './client.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly lease: ObjectKey & { readonly namespace: string }
  readonly identity: string
  readonly log?: Log
  /** Defaults of upstream: 15 s, 10 s, 2 s. */
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
}

/** What was last seen of the Lease, and when by our own clock: no two clocks are compared. */
interface Sighting {
  readonly renewTime: string
  readonly atMs: number
}

/**
 * Waits for the Lease, then runs `lead` with a signal that aborts when the lead is lost.
 * Resolves when `lead` has ended; the caller decides whether to stand again.
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, random, signal, log = silentLog } = options
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000
  const retryPeriodMs = options.retryPeriodMs ?? 2_000
  const attempt = createAttempt(options)
  const pause = () => clock.sleep(withJitter(retryPeriodMs, random), signal).catch(() => {})

  while (!signal.aborted && !(await attempt())) await pause()
  if (signal.aborted) return
  log.info('leading', { lease: options.lease.name, identity: options.identity })

  const lost = new AbortController()
  const leading = lead(AbortSignal.any([signal, lost.signal]))
  const renewing = (async () => {
    let renewedMs = clock.now().getTime()
    while (!signal.aborted && !lost.signal.aborted) {
      await clock.sleep(retryPeriodMs, AbortSignal.any([signal, lost.signal])).catch(() => {})
      if (await attempt()) renewedMs = clock.now().getTime()
      else if (clock.now().getTime() - renewedMs >= renewDeadlineMs) {
        log.warn('lead lost', { lease: options.lease.name })
        lost.abort()
      }
    }
  })()
  try {
    await leading
  } finally {
    lost.abort()
    await renewing
  }
}

/** One try to take or keep the Lease; false when another holds it or the server does not answer. */
function createAttempt(options: LeaderElectionOptions): () => Promise<boolean> {
  const { client, clock, identity, lease: key, log = silentLog } = options
  const leaseDurationMs = options.leaseDurationMs ?? 15_000
  let sighting: Sighting | undefined

  return async () => {
    try {
      const now = clock.now()
      const found = await client.get('Lease', key).catch((error: unknown) => {
        if (isReason(error, 'NotFound')) return undefined
        throw error
      })
      if (found && !mayTake(found, now)) return false
      const wanted = leaseOf(found, key, now)
      if (found) await client.update('Lease', wanted)
      else await client.create('Lease', wanted)
      return true
    } catch (error) {
      if (!isReason(error, 'Conflict', 'AlreadyExists')) log.warn('lease not renewed', { error })
      return false
    }
  }

  function mayTake({ spec }: Lease, now: Date): boolean {
    const { holderIdentity = '', renewTime = '' } = spec
    if (holderIdentity === identity || holderIdentity === '') return true
    if (sighting?.renewTime !== renewTime) sighting = { renewTime, atMs: now.getTime() }
    return now.getTime() - sighting.atMs > leaseDurationMs
  }

  function leaseOf(found: Lease | undefined, name: ObjectKey, now: Date): Lease {
    const time = now.toISOString().replace('Z', '000Z')
    const isOurs = found?.spec.holderIdentity === identity
    const transitions = found?.spec.leaseTransitions ?? 0
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: found?.metadata ?? name,
      spec: {
        ...found?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.round(leaseDurationMs / 1000),
        acquireTime: isOurs ? (found?.spec.acquireTime ?? time) : time,
        renewTime: time,
        leaseTransitions: isOurs || !found ? transitions : transitions + 1,
      },
    }
  }
}
