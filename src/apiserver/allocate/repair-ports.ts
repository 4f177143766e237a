// Keeps the record of taken ports true to the Services, every three minutes.

import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { serverEvents } from '../events.ts'
import type { Reader } from '../reader.ts'
import { planPortRepair } from './plan-port-repair.ts'
import type { PortLedger } from './port-ledger.ts'

const everyMs = 180_000

export interface PortRepairOptions {
  readonly api: Reader
  readonly ports: PortLedger
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Goes on until the signal aborts. */
export async function runPortRepair(options: PortRepairOptions): Promise<void> {
  const { clock, log, signal } = options
  let leaks: ReadonlyMap<number, number> = new Map()
  while (!signal.aborted) {
    try {
      leaks = await repairPorts(options, leaks)
    } catch (error) {
      if (!signal.aborted) log.warn('ports are not repaired yet', { error })
    }
    await clock.sleep(everyMs, signal).catch(() => {})
  }
}

/** One pass. In: the leaks that the last pass found. Out: those of this one. */
export async function repairPorts(
  { api, ports, clock }: Pick<PortRepairOptions, 'api' | 'ports' | 'clock'>,
  leaks: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, number>> {
  // The record first: a port that was taken after it was read can have no Service yet.
  const before = await ports.change(({ taken }) => new Set(taken))
  const services = await api.list('Service')
  const events = serverEvents(api, 'portallocator-repair-controller', clock)
  const repair = await ports.change((now) => {
    const seen = { range: now.range, taken: before, has: (port: number) => now.has(port) }
    const planned = planPortRepair(services, seen, leaks)
    for (const port of planned.take) now.take(port)
    for (const port of planned.free) now.release(port)
    return planned
  })
  for (const event of repair.events) await events.warn(event)
  return repair.leaks
}
