// Gives and takes back ClusterIPs by making and deleting IPAddress objects. Nothing is kept in
// memory: whether an address is free is decided by the one write that makes its object.

import { addressesOf, canonicalAddress } from '../../api/address-range.ts'
import { ipAddressFor } from '../../api/ip-address.ts'
import { kindEntry, pathOf } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { Family } from '../../api/validation/ip.ts'
import type { Random } from '../../lib/random.ts'
import type { Reader } from '../reader.ts'
import type { ClusterView } from '../registry/cluster-view.ts'
import { openRanges, rangeWith } from './service-cidrs.ts'

export interface Addresses {
  /** Undefined once `service` has it, else why not, in upstream's words. */
  take(address: string, service: ObjectKey): Promise<string | undefined>
  /** Undefined when no block of the family has one left. */
  takeNext(family: Family, service: ObjectKey): Promise<string | undefined>
  release(address: string): Promise<void>
}

export interface AddressesOptions {
  readonly api: Pick<Reader, 'send'>
  readonly cluster: Pick<ClusterView, 'list'>
  readonly random: Random
  /** The blocks of the default ServiceCIDR. */
  readonly configured: readonly string[]
}

/** Addresses drawn that were taken, before it is worth reading which ones are. */
const blindTries = 4

export function createAddresses({ api, cluster, random, configured }: AddressesOptions): Addresses {
  const path = pathOf(kindEntry('IPAddress'))
  const open = async () => openRanges(await cluster.list('ServiceCIDR'), configured)

  /** False when it is there already. */
  async function make(address: string, service: ObjectKey): Promise<boolean> {
    try {
      const body = JSON.stringify(ipAddressFor(address, service))
      await api.send({ method: 'POST', path, headers: jsonByServer, body })
      return true
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return false
      throw error
    }
  }

  return {
    async take(address, service) {
      if (!rangeWith(await open(), address)) {
        return 'the provided network does not match the current range'
      }
      const isMade = await make(canonicalAddress(address), service)
      return isMade ? undefined : 'provided IP is already allocated'
    },
    async takeNext(family, service) {
      const ranges = (await open()).filter((range) => range.family === family)
      let taken: ReadonlySet<string> = new Set()
      let tries = 0
      for (const range of shuffled(ranges, random)) {
        for (const address of addressesOf(range, random)) {
          if (taken.has(address)) continue
          if (await make(address, service)) return address
          if (++tries !== blindTries) continue
          const made = await cluster.list('IPAddress')
          taken = new Set(made.map(({ metadata }) => metadata.name ?? ''))
        }
      }
      return undefined
    },
    async release(address) {
      const name = canonicalAddress(address)
      await api
        .send({ method: 'DELETE', path: `${path}/${name}`, headers: byServer })
        .catch((error: unknown) => {
          if (!isReason(error, 'NotFound')) throw error
        })
    },
  }
}

/** Addresses as a dry run gives them: the first of a block, which nobody will have. */
export function dryAddresses({ cluster, configured }: AddressesOptions): Addresses {
  const open = async () => openRanges(await cluster.list('ServiceCIDR'), configured)
  return {
    async take(address) {
      const ranges = await open()
      if (rangeWith(ranges, address)) return undefined
      const text = ranges.map(({ cidr }) => cidr).join(',')
      return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${text}`
    },
    async takeNext(family) {
      const range = (await open()).find((each) => each.family === family)
      return range?.cidr.split('/')[0]
    },
    async release() {},
  }
}

/** Under this name the fields of what the server makes are managed. */
const byServer = { 'user-agent': 'kube-apiserver' }
const jsonByServer = { ...byServer, 'content-type': 'application/json' }

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const order = [...items]
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const [a, b] = [order[at], order[other]]
    if (a !== undefined && b !== undefined) {
      order[at] = b
      order[other] = a
    }
  }
  return order
}
