// Keeps ServiceCIDRs ready, and in place while Services have addresses of them.

import { contains, containsRange, rangesOf } from '../../api/address-range.ts'
import { isManaged } from '../../api/ip-address.ts'
import { keyOf, type ObjectKey } from '../../api/meta.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { type Observed, planServiceCidr } from './plan.ts'

export const serviceCidrController: Controller<Observed> = {
  name: 'service-cidr-controller',
  reconciles: 'ServiceCIDR',
  triggers: {
    // Another block may take over the addresses of one that is to go.
    ServiceCIDR: (_, listers) => listers.ServiceCIDR.list().filter(isDeleted).map(keyOf),
    IPAddress: ({ previous, current }, listers) => {
      const address = current ?? previous
      return address ? cidrsWith(address, listers.ServiceCIDR.list()) : []
    },
  },
  observe(key, { ServiceCIDR, IPAddress }) {
    const cidr = ServiceCIDR.get(key)
    if (!cidr) return undefined
    const others = ServiceCIDR.list().filter((other) => other !== cidr && !isDeleted(other))
    return { cidr, isNeeded: isDeleted(cidr) && isNeeded(cidr, others, IPAddress.list()) }
  },
  plan: planServiceCidr,
}

/** Blocks that go as well are no place to stay for an address. */
export function isNeeded(
  cidr: ServiceCIDR,
  others: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
): boolean {
  const stays = others.flatMap(rangesOf)
  const alone = rangesOf(cidr).filter((range) => !stays.some((stay) => containsRange(stay, range)))
  if (alone.length === 0) return false
  return addresses.filter(isManaged).some(({ metadata }) => {
    const { name = '' } = metadata
    return (
      alone.some((range) => contains(range, name)) && !stays.some((range) => contains(range, name))
    )
  })
}

function cidrsWith(address: IPAddress, cidrs: readonly ServiceCIDR[]): readonly ObjectKey[] {
  const { name = '' } = address.metadata
  if (!isManaged(address)) return []
  const isAround = (cidr: ServiceCIDR) => rangesOf(cidr).some((range) => contains(range, name))
  return cidrs.filter((cidr) => isDeleted(cidr) && isAround(cidr)).map(keyOf)
}

function isDeleted({ metadata }: ServiceCIDR): boolean {
  return metadata.deletionTimestamp !== undefined
}
