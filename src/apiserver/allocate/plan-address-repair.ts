// What is wrong between Services and the IPAddresses of their ClusterIPs, and what mends it. One
// Service and one IPAddress belong together: service.spec.clusterIPs names the address, and
// ipAddress.spec.parentRef the Service. Pure.

import { type AddressRange, canonicalAddress } from '../../api/address-range.ts'
import { isLabelled, isManaged, parentOf } from '../../api/ip-address.ts'
import { keyOf, keyText, type ObjectKey } from '../../api/meta.ts'
import type { IPAddress, Service } from '../../api/types.gen.ts'
import { familyOf } from '../../api/validation/ip.ts'
import type { ServerEvent } from '../events.ts'
import { rangeWith } from './service-cidrs.ts'

export interface Allocations {
  service(key: ObjectKey): Service | undefined
  ipAddress(name: string): IPAddress | undefined
  /** All that Services may have addresses of. */
  readonly ranges: readonly AddressRange[]
}

export type Mending =
  | { readonly act: 'create' | 'recreate'; readonly address: string; readonly service: ObjectKey }
  | { readonly act: 'delete'; readonly address: string }

export interface AddressRepair {
  readonly mendings: readonly Mending[]
  readonly events: readonly ServerEvent[]
  /** Look again then: what is under way must not be taken for lost. */
  readonly againInMs?: number
}

const nothing: AddressRepair = { mendings: [], events: [] }

/** A Service is written at most so long after its addresses were made for it. */
const underWayMs = 60_000

export function planServiceRepair(service: Service, allocations: Allocations): AddressRepair {
  if (service.spec?.type === 'ExternalName') return nothing
  const addresses = (service.spec?.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None')
  const repairs = addresses.map((address) => repairOf(address, service, allocations))
  return {
    mendings: repairs.flatMap(({ mendings }) => mendings),
    events: repairs.flatMap(({ events }) => events),
  }
}

function repairOf(address: string, service: Service, allocations: Allocations): AddressRepair {
  const family = familyOf(address)
  const name = canonicalAddress(address)
  const key = keyOf(service)
  const place = `Service ${key.namespace}/${key.name}`
  const tell = (reason: string, message: string): ServerEvent => ({
    ...{ regarding: service, reason, message, action: 'ClusterIPAllocation' },
  })
  if (!rangeWith(allocations.ranges, address)) {
    const message = `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`
    return { mendings: [], events: [tell('ClusterIPOutOfRange', message)] }
  }
  const found = allocations.ipAddress(name)
  if (!found) {
    const message = `Cluster IP [${family}]: ${address} is not allocated; repairing`
    return {
      mendings: [{ act: 'create', address: name, service: key }],
      events: [tell('ClusterIPNotAllocated', message)],
    }
  }
  const recreate: Mending = { act: 'recreate', address: name, service: key }
  const parent = parentOf(found)
  if (parent && keyText(parent) === keyText(key)) {
    return isLabelled(found) ? nothing : { mendings: [recreate], events: [] }
  }
  if (parent && holds(allocations.service(parent), name)) {
    const message = `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`
    return { mendings: [], events: [tell('ClusterIPAlreadyAllocated', message)] }
  }
  const message = `the ClusterIP [${family}]: ${address} for ${place} has a wrong reference; repairing`
  return { mendings: [recreate], events: [tell('ClusterIPNotAllocated', message)] }
}

export function planIpAddressRepair(
  ipAddress: IPAddress,
  allocations: Allocations,
  now: Date,
): AddressRepair {
  if (!isManaged(ipAddress)) return nothing
  const { name: address = '', creationTimestamp } = ipAddress.metadata
  const remove = (reason: string, message: string): AddressRepair => ({
    mendings: [{ act: 'delete', address }],
    events: [{ regarding: ipAddress, reason, message, action: 'IPAddressAllocation' }],
  })
  const parent = parentOf(ipAddress)
  if (!parent) {
    const reference = JSON.stringify(ipAddress.spec?.parentRef ?? null)
    return remove(
      'IPAddressNotAllocated',
      `IPAddress ${address} appears to have been modified, not referencing a Service ${reference}: cleaning up`,
    )
  }
  const service = allocations.service(parent)
  if (holds(service, address)) return nothing
  const ageMs = now.getTime() - Date.parse(creationTimestamp ?? '')
  if (ageMs <= underWayMs) return { ...nothing, againInMs: underWayMs - ageMs + 1 }
  const whose = `IPAddress: ${address} for Service ${parent.namespace}/${parent.name}`
  return service
    ? remove('IPAddressWrongReference', `${whose} has a wrong reference; cleaning up`)
    : remove('IPAddressNotAllocated', `${whose} appears to have leaked: cleaning up`)
}

function holds(service: Service | undefined, address: string): boolean {
  if (!service || service.spec?.type === 'ExternalName') return false
  return (service.spec?.clusterIPs ?? []).some((ip) => canonicalAddress(ip) === address)
}
