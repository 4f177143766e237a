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
import type { EventRecorder } from './events.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly lease: ObjectKey & { readonly namespace: string }
  readonly identity: string
  /** Tells on the Lease who became leader, and who no longer is. */
  readonly recorder?: EventRecorder
  readonly log?: Log
  /** Defaults of upstream: 15 s, 10 s, 2 s. */
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
}

/**
 * What a leader does. `signal` aborts when the lead is lost; `isSure` is false from the moment in
 * which another may have it, even where a process that slept has not had a turn to notice.
 */
export type Lead = (signal: AbortSignal, isSure: () => boolean) => Promise<void>

/**
 * Stands for the Lease again and again until the signal aborts, and runs `lead` each time it has it.
 */
export async function keepStanding(options: LeaderElectionOptions, lead: Lead): Promise<void> {
  while (!options.signal.aborted) await runAsLeader(options, lead)
}

/**
 * Waits for the Lease, then runs `lead`. Resolves when `lead` has ended. Who ends because it was told to gives the Lease back, so that nobody has
 * to wait for it to run out.
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: Lead): Promise<void> {
  const { clock, random, signal, identity, log = silentLog } = options
  const retryPeriodMs = options.retryPeriodMs ?? 2_000
  const holder = createHolder(options)
  const pause = () => clock.sleep(withJitter(retryPeriodMs, random), signal).catch(() => {})

  while (!signal.aborted && !(await holder.attempt())) await pause()
  if (signal.aborted) return
  log.info('leading', { lease: options.lease.name, identity })
  holder.tell('became leader')

  const lost = new AbortController()
  const { renewDeadlineMs = 10_000 } = options
  const isSure = () =>
    !lost.signal.aborted && clock.now().getTime() - holder.renewedMs() < renewDeadlineMs
  const leading = lead(AbortSignal.any([signal, lost.signal]), isSure)
  const renewing = renew(options, holder, lost)
  try {
    await leading
  } finally {
    if (!lost.signal.aborted && signal.aborted) await holder.release()
    lost.abort()
    await renewing
    holder.tell('stopped leading')
  }
}

/** Aborts `lost` when the Lease was not renewed in time, whatever a renewal is waiting for. */
async function renew(
  options: LeaderElectionOptions,
  holder: Holder,
  lost: AbortController,
): Promise<void> {
  const { clock, signal, log = silentLog } = options
  const { renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options
  const ended = AbortSignal.any([signal, lost.signal])
  while (!ended.aborted) {
    await clock.sleep(retryPeriodMs, ended).catch(() => {})
    if (ended.aborted) return
    const leftMs = Math.max(0, holder.renewedMs() + renewDeadlineMs - clock.now().getTime())
    const late = new AbortController()
    const deadline = clock.sleep(leftMs, AbortSignal.any([ended, late.signal])).catch(() => {})
    const isRenewed = await Promise.race([holder.attempt(), deadline])
    late.abort()
    if (!isRenewed && clock.now().getTime() - holder.renewedMs() >= renewDeadlineMs) {
      log.warn('lead lost', { lease: options.lease.name })
      lost.abort()
    }
  }
}

/** What was last seen of the Lease, and when by our own clock: no two clocks are compared. */
interface Sighting {
  readonly resourceVersion: string
  readonly atMs: number
}

interface Holder {
  /** One try to take or keep the Lease; false when another has it, or nobody answers. */
  attempt(): Promise<boolean>
  /** When the last attempt that succeeded began. */
  renewedMs(): number
  release(): Promise<void>
  tell(what: string): void
}

function createHolder(options: LeaderElectionOptions): Holder {
  const { client, clock, identity, lease: key, recorder, log = silentLog } = options
  const leaseDurationMs = options.leaseDurationMs ?? 15_000
  let sighting: Sighting | undefined
  /** As we wrote it last: it is renewed without reading it again, unless somebody changed it. */
  let own: Lease | undefined
  let renewedMs = 0
  let attempting: Promise<boolean> = Promise.resolve(false)
  let isOver = false

  function mayTake({ metadata, spec }: Lease, now: Date): boolean {
    const { holderIdentity = '', leaseDurationSeconds } = spec ?? {}
    if (holderIdentity === identity || holderIdentity === '') return true
    const { resourceVersion = '' } = metadata
    if (sighting?.resourceVersion !== resourceVersion) {
      sighting = { resourceVersion, atMs: now.getTime() }
    }
    const heldMs = leaseDurationSeconds ? leaseDurationSeconds * 1000 : leaseDurationMs
    return now.getTime() - sighting.atMs > heldMs
  }

  async function found(): Promise<Lease | undefined> {
    return client.get('Lease', key).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    })
  }

  async function take(): Promise<boolean> {
    const now = clock.now()
    const current = await found()
    if (current && !mayTake(current, now)) return false
    const wanted = held(current, { key, identity, leaseDurationMs, now })
    own = current ? await client.update('Lease', wanted) : await client.create('Lease', wanted)
    return true
  }

  async function renew(lease: Lease): Promise<boolean> {
    const wanted = held(lease, { key, identity, leaseDurationMs, now: clock.now() })
    own = undefined
    own = await client.update('Lease', wanted)
    return true
  }

  async function attempt(): Promise<boolean> {
    const startedMs = clock.now().getTime()
    try {
      const isHeld = (own && (await renew(own).catch(() => false))) || (!isOver && (await take()))
      if (isHeld) renewedMs = startedMs
      return isHeld
    } catch (error) {
      if (!isReason(error, 'Conflict', 'AlreadyExists')) log.warn('lease not renewed', { error })
      return false
    }
  }

  return {
    renewedMs: () => renewedMs,
    attempt() {
      attempting = attempt()
      return attempting
    },
    async release() {
      isOver = true
      // One that is under way may still change the Lease.
      await attempting
      if (!own) return
      const { renewTime: _, ...spec } = own.spec ?? {}
      const renewTime = microTime(clock.now())
      const free = { ...spec, renewTime, holderIdentity: '', leaseDurationSeconds: 1 }
      await client.update('Lease', { ...own, spec: free }).catch((error: unknown) => {
        log.warn('lease not released', { error })
      })
    },
    tell(what) {
      const metadata = own?.metadata ?? key
      const regarding = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata }
      recorder?.record(regarding, 'Normal', 'LeaderElection', `${identity} ${what}`)
    },
  }
}

interface Holding {
  readonly key: ObjectKey
  readonly identity: string
  readonly leaseDurationMs: number
  readonly now: Date
}

/** The Lease as it is while we hold it. */
function held(current: Lease | undefined, { key, identity, leaseDurationMs, now }: Holding): Lease {
  const time = microTime(now)
  const isOurs = current?.spec?.holderIdentity === identity
  const transitions = current?.spec?.leaseTransitions ?? 0
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: current?.metadata ?? key,
    spec: {
      ...current?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(leaseDurationMs / 1000),
      acquireTime: isOurs ? (current?.spec?.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: isOurs || !current ? transitions : transitions + 1,
    },
  }
}

function microTime(now: Date): string {
  return now.toISOString().replace('Z', '000Z')
}
