// ServiceCIDRs and IPAddresses: what addresses Services may have, and which they have. Both are
// younger than the other kinds with addresses, and stricter about how these are written.

import { canonicalAddress, isWithoutHostBits } from '../address-range.ts'
import type { DraftOf } from '../draft.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import type { IPAddress, ServiceCIDR } from '../types.gen.ts'
import { dnsSubdomainErrors, each, fixedErrors, formErrors, requiredForm, when } from './checks.ts'
import { blockOf, cidrDetail, familyOf, ipDetail } from './ip.ts'
import { pathSegmentProblems } from './names.ts'

/** The name of an IPAddress is its address. */
export function addressNameProblems(text: string): string[] {
  if (!familyOf(text)) return [familyOf(withoutZeros(text)) ? 'must not have leading 0s' : ipDetail]
  return isMapped(text) ? ['must not be an IPv4-mapped IPv6 address'] : []
}

/** ::ffff:1.2.3.4, in any of the ways to write it. */
function isMapped(address: string): boolean {
  return /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(canonicalAddress(address))
}

/** 010.000.0.1 -> 10.0.0.1: what older versions read without complaint. */
function withoutZeros(text: string): string {
  return text.replace(/(?<=^|\.)0+(?=\d)/g, '')
}

export function ipAddressErrors({ spec }: DraftOf<IPAddress>): FieldError[] {
  const parent = spec?.parentRef
  if (!parent) return [required('spec.parentRef')]
  const { group, resource, namespace, name } = parent
  const path = 'spec.parentRef'
  return [
    ...(group ? dnsSubdomainErrors(group, `${path}.group`) : []),
    ...requiredForm(resource, `${path}.resource`, pathSegmentProblems),
    ...requiredForm(name, `${path}.name`, pathSegmentProblems),
    ...(namespace ? formErrors(namespace, `${path}.namespace`, pathSegmentProblems) : []),
  ]
}

export function ipAddressUpdateErrors(
  next: DraftOf<IPAddress>,
  previous: DraftOf<IPAddress>,
): FieldError[] {
  return fixedErrors(next.spec?.parentRef, previous.spec?.parentRef, 'spec.parentRef')
}

export function serviceCidrErrors({ spec }: DraftOf<ServiceCIDR>): FieldError[] {
  const cidrs = spec?.cidrs ?? []
  const path = 'spec.cidrs'
  const all = { CIDRs: cidrs }
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(path, all, 'may only hold up to 2 values')]
  if (cidrs.length === 2 && !isDual(cidrs)) {
    const example = '192.168.0.0/24 and 2001:db8::/64'
    const detail = `may specify no more than one IP for each IP family, i.e ${example}`
    return [invalid(path, all, detail)]
  }
  return each(cidrs, path, strictCidrErrors)
}

function isDual(cidrs: readonly string[]): boolean {
  const families = cidrs.map((cidr) => blockOf(withoutZeros(cidr))?.family)
  return families.includes('IPv4') && families.includes('IPv6')
}

function strictCidrErrors(text: string, path: string): FieldError[] {
  const block = blockOf(text)
  const isSloppy = /\/0\d/.test(text) || !block
  if (isSloppy) {
    const detail = blockOf(withoutZeros(text.replace(/\/0+(?=\d)/, '/')))
      ? 'must not have leading 0s in IP or prefix length'
      : cidrDetail
    return [invalid(path, text, detail)]
  }
  return [
    ...when(
      isMapped(block.address),
      invalid(path, text, 'must not have an IPv4-mapped IPv6 address'),
    ),
    ...when(
      !isWithoutHostBits(block),
      invalid(path, text, 'must not have bits set beyond the prefix length'),
    ),
  ]
}

export function serviceCidrUpdateErrors(
  next: DraftOf<ServiceCIDR>,
  previous: DraftOf<ServiceCIDR>,
): FieldError[] {
  return fixedErrors(next.spec?.cidrs, previous.spec?.cidrs, 'spec.cidrs')
}
