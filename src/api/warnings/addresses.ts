// What is said of addresses and blocks of addresses that are in an odd form. In: text that has passed
// validation, and its place. Out: sentences.

import { canonicalAddress, isWithoutHostBits, networkOf } from '../address-range.ts'
import { at } from '../validation/field-path.ts'
import { blockOf, familyOf } from '../validation/ip.ts'

export function addressesWarnings(addresses: readonly string[], path: string): string[] {
  return addresses.flatMap((address, index) => addressWarnings(address, at(path, index)))
}

/** IPv4 has one form only that validation lets in. */
export function addressWarnings(address: string, path: string): string[] {
  if (familyOf(address) !== 'IPv6') return []
  const canonical = canonicalAddress(address)
  if (canonical === address) return []
  const form = `should be in RFC 5952 canonical format ("${canonical}")`
  return [`${path}: IPv6 address "${address}" ${form}`]
}

export function blockWarnings(text: string, path: string): string[] {
  const cidr = text.trim()
  const block = blockOf(cidr)
  if (!block) return []
  const address = canonicalAddress(block.address)
  const width = block.family === 'IPv4' ? 32 : 128
  const choice = `(should be "${networkOf(block)}" or "${address}/${width}"?)`
  const canonical = `${address}/${block.bits}`
  const form = `should be in RFC 5952 canonical format ("${canonical}")`
  return [
    ...(isWithoutHostBits(block)
      ? []
      : [`${path}: CIDR value "${cidr}" is ambiguous in this context ${choice}`]),
    ...(block.family === 'IPv6' && canonical !== cidr
      ? [`${path}: IPv6 CIDR value "${cidr}" ${form}`]
      : []),
  ]
}
