// IPv4 addresses as numbers and text, and ranges of them.

/** An address as an unsigned 32-bit number; undefined for anything but four plain decimals. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  const bytes = match.slice(1)
  // A leading zero has meant octal to some; Kubernetes refuses it.
  if (bytes.some((byte) => Number(byte) > 255 || /^0\d/.test(byte))) return undefined
  return bytes.reduce((address, byte) => address * 256 + Number(byte), 0)
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}

export interface Ipv4Range {
  /** The lowest address, whose host bits are zero. */
  readonly first: number
  readonly size: number
  readonly prefixLength: number
}

/** `10.244.0.0/24`; host bits are ignored. */
export function parseCidr(text: string): Ipv4Range | undefined {
  const [base = '', length = ''] = text.split('/')
  const address = parseIpv4(base)
  const prefixLength = Number(length)
  if (address === undefined || !/^\d{1,2}$/.test(length) || prefixLength > 32) return undefined
  const size = 2 ** (32 - prefixLength)
  return { first: address - (address % size), size, prefixLength }
}

export function isInRange(address: number, { first, size }: Ipv4Range): boolean {
  return address >= first && address < first + size
}
