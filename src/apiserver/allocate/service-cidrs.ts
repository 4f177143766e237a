// Which blocks of addresses Services may use now. Pure, over the ServiceCIDRs of the cluster.

import { type AddressRange, addressRangeOf, contains, rangesOf } from '../../api/address-range.ts'
import type { ServiceCIDR } from '../../api/types.gen.ts'

/** The ServiceCIDR that every cluster has. */
export const defaultServiceCidr = 'kubernetes'

/**
 * Blocks that Services may have addresses of, each once. Until the default ServiceCIDR is made at
 * the first start, the blocks it will have count.
 */
export function knownRanges(
  cidrs: readonly ServiceCIDR[],
  configured: readonly string[],
): readonly AddressRange[] {
  const isDefaultThere = cidrs.some(({ metadata }) => metadata.name === defaultServiceCidr)
  const ranges = [
    ...cidrs.flatMap(rangesOf),
    ...(isDefaultThere ? [] : configured.flatMap((cidr) => addressRangeOf(cidr) ?? [])),
  ]
  return [...new Map(ranges.map((range) => [range.cidr, range])).values()]
}

/** Blocks to give addresses from now. */
export function openRanges(
  cidrs: readonly ServiceCIDR[],
  configured: readonly string[],
): readonly AddressRange[] {
  const open = new Set(
    cidrs
      .filter(isOpen)
      .flatMap(rangesOf)
      .map(({ cidr }) => cidr),
  )
  const closed = new Set(cidrs.flatMap(rangesOf).map(({ cidr }) => cidr))
  return knownRanges(cidrs, configured).filter(({ cidr }) => open.has(cidr) || !closed.has(cidr))
}

/** Ready, or not judged yet, and not on its way out. */
function isOpen({ metadata, status }: ServiceCIDR): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return metadata.deletionTimestamp === undefined && (!ready || ready.status === 'True')
}

export function rangeWith(
  ranges: readonly AddressRange[],
  address: string,
): AddressRange | undefined {
  return ranges.find((range) => contains(range, address))
}
