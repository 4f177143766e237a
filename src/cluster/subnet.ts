// IPv4 subnets as plain numbers, as far as planning a cluster needs them.

export interface Subnet {
  /** First address, as an unsigned 32-bit number. */
  readonly base: number
  readonly prefixLength: number
}

/** Undefined unless `text` is ADDRESS/LENGTH of IPv4. Bits beyond the prefix are dropped. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (!match) return undefined
  const numbers = match.slice(1).map(Number)
  const octets = numbers.slice(0, 4)
  const prefixLength = numbers[4] ?? 0
  if (octets.some((octet) => octet > 255) || prefixLength > 32) return undefined
  const address = octets.reduce((value, octet) => value * 256 + octet, 0)
  const size = 2 ** (32 - prefixLength)
  return { base: address - (address % size), prefixLength }
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export function formatSubnet({ base, prefixLength }: Subnet): string {
  return `${formatAddress(base)}/${prefixLength}`
}

export function sizeOf({ prefixLength }: Subnet): number {
  return 2 ** (32 - prefixLength)
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a)
}

/** The `index`th /`prefixLength` inside `subnet`; undefined when there is no such. */
export function partOf(subnet: Subnet, prefixLength: number, index: number): Subnet | undefined {
  const size = 2 ** (32 - prefixLength)
  if (prefixLength < subnet.prefixLength || (index + 1) * size > sizeOf(subnet)) return undefined
  return { base: subnet.base + index * size, prefixLength }
}
