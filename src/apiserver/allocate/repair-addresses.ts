// Mends what is between Services and IPAddresses: after an API server died in the middle of a
// write, after somebody changed an IPAddress, and where Services are older than their IPAddresses.
// Each API server does it; what one has mended the others find in order.

import type { AddressRange } from '../../api/address-range.ts'
import { ipAddressFor, parentOf } from '../../api/ip-address.ts'
import { kindEntry, pathOf } from '../../api/kinds.ts'
import { keyOf, keyText, type ObjectKey } from '../../api/meta.ts'
import { isReason, type StatusReason } from '../../api/status-error.ts'
import type { IPAddress, Service, ServiceCIDR } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { createQueue, type Queue } from '../../lib/queue.ts'
import { type ServerEvent, type ServerEvents, serverEvents } from '../events.ts'
import type { Change, Following, Reader } from '../reader.ts'
import {
  type AddressRepair,
  type Allocations,
  type Mending,
  planIpAddressRepair,
  planServiceRepair,
} from './plan-address-repair.ts'
import { knownRanges } from './service-cidrs.ts'

export interface AddressRepairOptions {
  readonly api: Reader
  readonly clock: Clock
  /** The blocks of the default ServiceCIDR. */
  readonly configured: readonly string[]
  readonly log: Log
  readonly signal: AbortSignal
}

/** One pass over all Services: each has its IPAddresses when it resolves. */
export async function repairServices({
  api,
  clock,
  configured,
}: Pick<AddressRepairOptions, 'api' | 'clock' | 'configured'>): Promise<void> {
  const [services, ipAddresses, cidrs] = await Promise.all([
    api.list('Service'),
    api.list('IPAddress'),
    api.list('ServiceCIDR'),
  ])
  const byKey = new Map(services.map((service) => [keyText(keyOf(service)), service]))
  const byName = new Map(ipAddresses.map((address) => [address.metadata.name, address]))
  const allocations: Allocations = {
    service: (key) => byKey.get(keyText(key)),
    ipAddress: (name) => byName.get(name),
    ranges: knownRanges(cidrs, configured),
  }
  const mender = createMender(api, clock)
  for (const service of services) await mender.mend(planServiceRepair(service, allocations))
}

/** Goes on until the signal aborts. */
export async function runAddressRepair(options: AddressRepairOptions): Promise<void> {
  const { clock, signal, configured } = options
  const queue = createQueue({ clock, signal })
  const known = new Known(queue, configured)
  const following = await followAll(known, options)
  await work(queue, known, options)
  await Promise.all(following.map(({ ended }) => ended))
}

const retryMs = 1000

/** A store that gives no answer at first is asked again. */
async function followAll(
  known: Known,
  { api, clock, log, signal }: AddressRepairOptions,
): Promise<readonly Following[]> {
  const following: Following[] = []
  const starts = [
    () => api.follow('ServiceCIDR', known.changeCidr, signal),
    () => api.follow('Service', known.changeService, signal),
    () => api.follow('IPAddress', known.changeIpAddress, signal),
  ]
  for (const start of starts) {
    for (let started: Following | undefined; !started && !signal.aborted; ) {
      try {
        started = await start()
        following.push(started)
      } catch (error) {
        if (signal.aborted) break
        log.warn('addresses are not followed yet', { error })
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }
  return following
}

/** Keys: s/NAMESPACE/NAME for Services, a/ADDRESS for IPAddresses. */
class Known implements Allocations {
  readonly #queue: Queue
  readonly #services = new Map<string, Service>()
  readonly #ipAddresses = new Map<string, IPAddress>()
  readonly #cidrs = new Map<string, ServiceCIDR>()
  readonly #configured: readonly string[]

  constructor(queue: Queue, configured: readonly string[]) {
    this.#queue = queue
    this.#configured = configured
  }

  readonly changeService = ({ previous, current }: Change<Service>) => {
    const key = keyText(keyOf((current ?? previous) as Service))
    if (current) this.#services.set(key, current)
    else this.#services.delete(key)
    this.#queue.add(`s/${key}`)
    for (const address of previous?.spec?.clusterIPs ?? []) this.#queue.add(`a/${address}`)
  }

  readonly changeIpAddress = ({ previous, current }: Change<IPAddress>) => {
    const { name = '' } = (current ?? (previous as IPAddress)).metadata
    if (current) this.#ipAddresses.set(name, current)
    else this.#ipAddresses.delete(name)
    this.#queue.add(`a/${name}`)
    for (const state of [previous, current]) {
      const parent = state && parentOf(state)
      if (parent) this.#queue.add(`s/${keyText(parent)}`)
    }
  }

  readonly changeCidr = ({ previous, current }: Change<ServiceCIDR>) => {
    const { name = '' } = (current ?? (previous as ServiceCIDR)).metadata
    if (current) this.#cidrs.set(name, current)
    else this.#cidrs.delete(name)
    for (const key of this.#services.keys()) this.#queue.add(`s/${key}`)
  }

  service(key: ObjectKey): Service | undefined {
    return this.#services.get(keyText(key))
  }

  ipAddress(name: string): IPAddress | undefined {
    return this.#ipAddresses.get(name)
  }

  get ranges(): readonly AddressRange[] {
    return knownRanges([...this.#cidrs.values()], this.#configured)
  }
}

async function work(
  queue: Queue,
  known: Known,
  { api, clock, log, signal }: AddressRepairOptions,
): Promise<void> {
  const mender = createMender(api, clock)
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      const againInMs = await repair(key, { known, api, clock, mender })
      queue.forget(key)
      if (againInMs !== undefined) queue.addAfter(key, againInMs)
    } catch (error) {
      if (signal.aborted) return
      log.warn('an address is not repaired yet', { key, error })
      queue.retry(key)
    } finally {
      queue.done(key)
    }
  }
}

interface Repairing {
  readonly known: Known
  readonly api: Reader
  readonly clock: Clock
  readonly mender: Mender
}

/** What was seen may be out of date: before anything is changed, it is read and judged again. */
async function repair(
  key: string,
  { known, api, clock, mender }: Repairing,
): Promise<number | undefined> {
  const suspected = plan(key, known, clock.now())
  if (isNothing(suspected)) {
    mender.forget(key)
    return suspected.againInMs
  }
  const read = await readAround(key, api, known)
  const repair = plan(key, read, clock.now())
  await mender.mend(repair, key)
  return repair.againInMs
}

function plan(key: string, allocations: Allocations, now: Date): AddressRepair {
  const name = key.slice(2)
  if (key.startsWith('s/')) {
    const service = allocations.service(objectKey(name))
    return service ? planServiceRepair(service, allocations) : { mendings: [], events: [] }
  }
  const ipAddress = allocations.ipAddress(name)
  return ipAddress ? planIpAddressRepair(ipAddress, allocations, now) : { mendings: [], events: [] }
}

function objectKey(text: string): ObjectKey {
  const slash = text.indexOf('/')
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

/** The objects that the key is about, and those they name, as they are stored now. */
async function readAround(key: string, api: Reader, known: Known): Promise<Allocations> {
  const services = new Map<string, Service | undefined>()
  const ipAddresses = new Map<string, IPAddress | undefined>()
  const readService = async (of: ObjectKey) =>
    void services.set(keyText(of), await api.get('Service', of))
  const readIpAddress = async (name: string) => {
    const found = await api.get('IPAddress', { name })
    ipAddresses.set(name, found)
    const parent = found && parentOf(found)
    if (parent) await readService(parent)
  }
  if (key.startsWith('s/')) {
    const of = objectKey(key.slice(2))
    await readService(of)
    const { clusterIPs = [] } = services.get(keyText(of))?.spec ?? {}
    for (const address of clusterIPs) await readIpAddress(address)
  } else await readIpAddress(key.slice(2))
  return {
    service: (of) => services.get(keyText(of)),
    ipAddress: (name) => ipAddresses.get(name),
    ranges: known.ranges,
  }
}

function isNothing({ mendings, events }: AddressRepair): boolean {
  return mendings.length === 0 && events.length === 0
}

interface Mender {
  /** What is told under a key is told once, until there is nothing to tell. */
  mend(repair: AddressRepair, key?: string): Promise<void>
  forget(key: string): void
}

function createMender(api: Reader, clock: Clock): Mender {
  const events: ServerEvents = serverEvents(api, 'ipallocator-repair-controller', clock)
  /** One entry a Service or address that is out of order. */
  const told = new Map<string, string>()
  const tell = async (key: string | undefined, all: readonly ServerEvent[]) => {
    const text = all.map(({ message }) => message).join('\n')
    if (key !== undefined && told.get(key) === text) return
    if (key !== undefined) told.set(key, text)
    for (const event of all) await events.warn(event)
  }
  return {
    forget: (key) => void told.delete(key),
    async mend({ mendings, events: all }, key) {
      await tell(key, all)
      for (const mending of mendings) await apply(api, mending)
    },
  }
}

async function apply(api: Reader, mending: Mending): Promise<void> {
  const path = pathOf(kindEntry('IPAddress'))
  if (mending.act !== 'create') {
    const one = `${path}/${mending.address}`
    await unless('NotFound', api.send({ method: 'DELETE', path: one }))
  }
  if (mending.act === 'delete') return
  const body = JSON.stringify(ipAddressFor(mending.address, mending.service))
  const headers = { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' }
  await unless('AlreadyExists', api.send({ method: 'POST', path, headers, body }))
}

async function unless(reason: StatusReason, write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!isReason(error, reason)) throw error
  })
}
