// IP addresses and address blocks in objects, in upstream's words.

import { BlockList, isIP } from 'node:net'
import { type FieldError, invalid } from '../field-error.ts'

export const ipDetail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const cidrDetail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

export type Family = 'IPv4' | 'IPv6'

export function familyOf(address: string): Family | undefined {
  const version = isIP(address)
  return version === 4 ? 'IPv4' : version === 6 ? 'IPv6' : undefined
}

export function ipErrors(address: string, path: string): FieldError[] {
  return familyOf(address) === undefined ? [invalid(path, address, ipDetail)] : []
}

export interface Block {
  readonly address: string
  readonly bits: number
  readonly family: Family
}

/** An address block; undefined for text that is none. */
export function blockOf(text: string): Block | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const address = match?.[1] ?? ''
  const family = familyOf(address)
  const bits = Number(match?.[2])
  if (!match || !family || bits > (family === 'IPv4' ? 32 : 128)) return undefined
  return { address, bits, family }
}

export function cidrErrors(text: string, path: string): FieldError[] {
  return !blockOf(text) ? [invalid(path, text, cidrDetail)] : []
}

/** True when `inner` lies within `outer` and is smaller. */
export function isStrictlyWithin(inner: Block, outer: Block): boolean {
  return inner.family === outer.family && inner.bits > outer.bits && contains(outer, inner.address)
}

export function contains({ address, bits, family }: Block, inner: string): boolean {
  const list = new BlockList()
  const type = family === 'IPv4' ? 'ipv4' : 'ipv6'
  list.addSubnet(address, bits, type)
  return familyOf(inner) === family && list.check(inner, type)
}

/** Blocks whose addresses can be nobody's endpoint. */
const specialBlocks: readonly (readonly [readonly string[], string])[] = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [
    ['169.254.0.0/16', 'fe80::/10'],
    'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    ['224.0.0.0/24', 'ff02::/10'],
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
]

/** Endpoints and external addresses must be real unicast addresses. */
export function nonSpecialErrors(address: string, path: string): FieldError[] {
  if (familyOf(address) === undefined) return [invalid(path, address, 'must be a valid IP address')]
  if (address === '0.0.0.0' || address === '::') {
    return [invalid(path, address, `may not be unspecified (${address})`)]
  }
  const special = specialBlocks.find(([blocks]) =>
    blocks.some((text) => {
      const block = blockOf(text)
      return block !== undefined && contains(block, address)
    }),
  )
  return special ? [invalid(path, address, special[1])] : []
}
