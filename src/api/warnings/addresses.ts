// What is said of addresses and blocks of addresses that are in an odd form. In: text that has passed
// validation, and its place. Out: sentences.

import { canonicalAddress, networkOf } from '../address-range.ts'
import { all } from '../field-error.ts'
import { when } from '../validation/checks.ts'
import { blockOf, familyOf } from '../validation/ip.ts'

/** IPv4 has one form only that validation lets in. */
export function addressWarnings(address: string, path: string): string[] {
  if (familyOf(address) !== 'IPv6') return []
  const canonical = canonicalAddress(address)
  return when(canonical !== address, `${path}: IPv6 address "${address}" ${formOf(canonical)}`)
}

export function blockWarnings(text: string, path: string): string[] {
  const cidr = text.trim()
  const block = blockOf(cidr)
  if (!block) return []
  const address = canonicalAddress(block.address)
  const width = block.family === 'IPv4' ? 32 : 128
  const network = networkOf(block)
  const canonical = `${address}/${block.bits}`
  const choice = `(should be "${network}" or "${address}/${width}"?)`
  return all(
    when(
      canonical !== network,
      `${path}: CIDR value "${cidr}" is ambiguous in this context ${choice}`,
    ),
    when(
      block.family === 'IPv6' && canonical !== cidr,
      `${path}: IPv6 CIDR value "${cidr}" ${formOf(canonical)}`,
    ),
  )
}

function formOf(canonical: string): string {
  return `should be in RFC 5952 canonical format ("${canonical}")`
}
