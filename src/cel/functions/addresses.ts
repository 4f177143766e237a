// Table: the IP and CIDR libraries, for both families. An address is its bytes, 4 or 16.

import { walk } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import { Opaque } from '../values.ts'

const ipType = 'net.IP'
const cidrType = 'net.CIDR'

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.')
  const isValid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))
  const bytes = parts.map(Number)
  return isValid && bytes.every((byte) => byte < 256) ? bytes : undefined
}

function ipv6Bytes(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || !text.includes(':')) return undefined
  const [head, tail] = halves.map((half) => groupsOf(half))
  if (!head) return undefined
  if (halves.length === 1) return head.length === 16 ? head : undefined
  if (!tail || head.length + tail.length > 14) return undefined
  return [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail]
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [at, group] of groups.entries()) {
    const embedded = at === groups.length - 1 ? ipv4Bytes(group) : undefined
    if (embedded) bytes.push(...embedded)
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return undefined
  }
  return bytes
}

function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  )
  const runs = [...groups.join(':').matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)]
  const longest = runs.reduce((best, [run]) => (run.length > best.length ? run : best), '')
  if (longest === '') return groups.join(':')
  const joined = `:${groups.join(':')}:`
  const at = joined.indexOf(`:${longest}:`)
  const head = joined.slice(1, at)
  const tail = joined.slice(at + longest.length + 2, -1)
  return `${head}::${tail}`
}

/** Zones and IPv4 within IPv6 are refused, as Kubernetes does. */
function bytesOf(text: string): number[] | undefined {
  const bytes = ipv4Bytes(text) ?? ipv6Bytes(text)
  const isMapped =
    bytes?.length === 16 &&
    bytes.slice(0, 10).every((b) => b === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255
  return isMapped ? undefined : bytes
}

function ip(text: string): Opaque {
  const bytes = bytesOf(text)
  if (!bytes) {
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: unable to parse IP`,
    )
  }
  return ipOf(bytes)
}

const ipOf = (bytes: readonly number[]) => new Opaque(ipType, bytes, textOf(bytes))
const held = (value: Opaque): number[] => bytesOf(value.id) ?? []

function cidr(text: string): Opaque {
  const [address = '', length = ''] = text.split('/')
  const bytes = bytesOf(address)
  const bits = Number(length)
  if (
    !bytes ||
    !/^(0|[1-9]\d{0,2})$/.test(length) ||
    bits > bytes.length * 8 ||
    text.split('/').length !== 2
  ) {
    throw new CelError('network address parse error during conversion from string: invalid CIDR')
  }
  return new Opaque(cidrType, undefined, `${textOf(bytes)}/${bits}`)
}

function partsOf({ id }: Opaque): { bytes: number[]; bits: number } {
  const [address = '', bits] = id.split('/')
  return { bytes: bytesOf(address) ?? [], bits: Number(bits) }
}

function masked(bytes: readonly number[], bits: number): number[] {
  return bytes.map(
    (byte, at) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - at * 8)))) & 255,
  )
}

function contains(range: Opaque, bytes: readonly number[]): boolean {
  const { bytes: own, bits } = partsOf(range)
  return own.length === bytes.length && textOf(masked(own, bits)) === textOf(masked(bytes, bits))
}

function containsCidr(range: Opaque, other: Opaque): boolean {
  const inner = partsOf(other)
  return inner.bits >= partsOf(range).bits && contains(range, inner.bytes)
}

const accepts = (make: (text: string) => Opaque) => (text: string) => {
  try {
    make(text)
    return true
  } catch {
    return false
  }
}

const isV4 = (bytes: readonly number[]) => bytes.length === 4
const isUnspecified = (bytes: readonly number[]) => bytes.every((byte) => byte === 0)
const isLoopback = (bytes: readonly number[]) =>
  isV4(bytes) ? bytes[0] === 127 : textOf(bytes) === '::1'
const isMulticast = ([first = 0, ...rest]: readonly number[]) =>
  rest.length === 3 ? first >> 4 === 14 : first === 255
const isLinkLocalUnicast = (bytes: readonly number[]) =>
  isV4(bytes)
    ? bytes[0] === 169 && bytes[1] === 254
    : bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80
const isLinkLocalMulticast = (bytes: readonly number[]) =>
  isV4(bytes)
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 2
const isGlobalUnicast = (bytes: readonly number[]) =>
  !isUnspecified(bytes) &&
  !isLoopback(bytes) &&
  !isMulticast(bytes) &&
  !isLinkLocalUnicast(bytes) &&
  textOf(bytes) !== '255.255.255.255'

const asks = (question: (bytes: readonly number[]) => boolean) => (value: Opaque) =>
  question(held(value))

export const addressFunctions: readonly CelFunction[] = [
  global(`ip(string): ${ipType}`, ip, walk),
  global('isIP(string): bool', accepts(ip), walk),
  global('ip.isCanonical(string): bool', (text: string) => ip(text).id === text, walk),
  global(`string(${ipType}): string`, ({ id }: Opaque) => id),
  member(`${ipType}.family(): int`, (value: Opaque) => (isV4(held(value)) ? 4n : 6n)),
  member(`${ipType}.isUnspecified(): bool`, asks(isUnspecified)),
  member(`${ipType}.isLoopback(): bool`, asks(isLoopback)),
  member(`${ipType}.isLinkLocalMulticast(): bool`, asks(isLinkLocalMulticast)),
  member(`${ipType}.isLinkLocalUnicast(): bool`, asks(isLinkLocalUnicast)),
  member(`${ipType}.isGlobalUnicast(): bool`, asks(isGlobalUnicast)),
  global(`cidr(string): ${cidrType}`, cidr, walk),
  global('isCIDR(string): bool', accepts(cidr), walk),
  global(`string(${cidrType}): string`, ({ id }: Opaque) => id),
  member(`${cidrType}.containsIP(${ipType}): bool`, (range: Opaque, value: Opaque) =>
    contains(range, held(value)),
  ),
  member(`${cidrType}.containsIP(string): bool`, (range: Opaque, text: string) =>
    contains(range, held(ip(text))),
  ),
  member(`${cidrType}.containsCIDR(${cidrType}): bool`, containsCidr),
  member(`${cidrType}.containsCIDR(string): bool`, (range: Opaque, text: string) =>
    containsCidr(range, cidr(text)),
  ),
  member(`${cidrType}.ip(): ${ipType}`, (range: Opaque) => ipOf(partsOf(range).bytes)),
  member(`${cidrType}.masked(): ${cidrType}`, (range: Opaque) => {
    const { bytes, bits } = partsOf(range)
    return cidr(`${textOf(masked(bytes, bits))}/${bits}`)
  }),
  member(`${cidrType}.prefixLength(): int`, (range: Opaque) => BigInt(partsOf(range).bits)),
]
