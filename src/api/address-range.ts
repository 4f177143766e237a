// A block of addresses from which Services get theirs, of either family. Pure: addresses are text
// in canonical form outside, whole numbers inside.

import type { Random } from '../lib/random.ts'
import { reservedShare } from '../lib/reserved-share.ts'
import type { ServiceCIDR } from './types.gen.ts'
import { type Block, blockOf, type Family, familyOf } from './validation/ip.ts'

export interface AddressRange {
  /** 10.96.0.0/16 */
  readonly cidr: string
  readonly family: Family
  /** The lowest address of the block, which is nobody's. */
  readonly base: bigint
  /** Addresses that may be given: base + 1 .. base + size. */
  readonly size: bigint
  /** So many at the start are drawn last: they are kept for those who ask (KEP-3070). */
  readonly reserved: bigint
}

const widths = { IPv4: 32, IPv6: 128 } as const

/** Undefined for text that is no block. */
export function addressRangeOf(cidr: string): AddressRange | undefined {
  const block = blockOf(cidr)
  return block && { cidr, family: block.family, ...extent(block) }
}

/** The blocks of a ServiceCIDR. */
export function rangesOf({ spec }: Pick<ServiceCIDR, 'spec'>): readonly AddressRange[] {
  return (spec?.cidrs ?? []).flatMap((cidr) => addressRangeOf(cidr) ?? [])
}

function extent({ address, bits, family }: Block) {
  const hostBits = BigInt(widths[family] - bits)
  const total = 1n << hostBits
  const base = (numberOf(address) >> hostBits) << hostBits
  // The last address of an IPv4 block is its broadcast address.
  const size = family === 'IPv4' ? total - 2n : total - 1n
  return { base, size: size > 0n ? size : 0n, reserved: reservedOf(total) }
}

/** Large blocks reserve all that may be reserved; so their size need not be exact. */
function reservedOf(total: bigint): bigint {
  const size = Number(total < 1_000_000n ? total : 1_000_000n)
  return BigInt(reservedShare(size, { least: 16, most: 256, divisor: 16 }))
}

/** 10.0.0.0/8 names a block; 10.0.0.1/8 is an address in one. */
export function isWithoutHostBits(block: Block): boolean {
  return numberOf(block.address) === extent(block).base
}

/** The block that an address in it stands for: 10.0.0.1/8 is of 10.0.0.0/8. */
export function networkOf(block: Block): string {
  return `${textOf(extent(block).base, block.family)}/${block.bits}`
}

export function contains(range: AddressRange, address: string): boolean {
  if (familyOf(address) !== range.family) return false
  const offset = numberOf(address) - range.base
  return offset > 0n && offset <= range.size
}

/** True when every address of `inner` is one of `outer`. */
export function containsRange(outer: AddressRange, inner: AddressRange): boolean {
  const end = (range: AddressRange) => range.base + range.size
  return outer.family === inner.family && outer.base <= inner.base && end(outer) >= end(inner)
}

/** Every address once: from a random place of the free part around, then of the reserved one. */
export function* addressesOf(range: AddressRange, random: Random): Generator<string> {
  const { size } = range
  const reserved = range.reserved < size ? range.reserved : 0n
  yield* around(range, { first: reserved + 1n, count: size - reserved, random })
  yield* around(range, { first: 1n, count: reserved, random })
}

interface Part {
  readonly first: bigint
  readonly count: bigint
  readonly random: Random
}

function* around({ base, family }: AddressRange, { first, count, random }: Part) {
  if (count <= 0n) return
  const start = drawBelow(count, random)
  for (let step = 0n; step < count; step++) {
    yield textOf(base + first + ((start + step) % count), family)
  }
}

/** Where a block is larger than a draw reaches, 2^44 places to start from are enough. */
function drawBelow(limit: bigint, random: Random): bigint {
  const most = 1n << 44n
  return BigInt(random.below(Number(limit < most ? limit : most)))
}

export function canonicalAddress(address: string): string {
  const family = familyOf(address)
  return family ? textOf(numberOf(address), family) : address
}

function numberOf(address: string): bigint {
  return familyOf(address) === 'IPv4' ? ipv4Number(address) : ipv6Number(address)
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n)
}

function ipv6Number(address: string): bigint {
  const [head = '', tail] = address.split('::')
  const before = wordsOf(head)
  const after = wordsOf(tail ?? '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n)
  return [...before, ...zeros, ...after].reduce((number, word) => (number << 16n) | word, 0n)
}

/** The 16-bit words of a part of an IPv6 address; its end may be written as IPv4. */
function wordsOf(part: string): bigint[] {
  if (part === '') return []
  return part.split(':').flatMap((word) => {
    if (!word.includes('.')) return [BigInt(`0x${word}`)]
    const number = ipv4Number(word)
    return [number >> 16n, number & 0xffffn]
  })
}

function textOf(number: bigint, family: Family): string {
  if (family === 'IPv4') {
    return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.')
  }
  const words = Array.from({ length: 8 }, (_, at) =>
    ((number >> BigInt(16 * (7 - at))) & 0xffffn).toString(16),
  )
  return shortened(words)
}

/** RFC 5952: the longest run of zeros, the first of equals, becomes `::`; one zero does not. */
function shortened(words: readonly string[]): string {
  const runs = [...words.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)]
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best && best[0].length >= run[0].length ? best : run),
    undefined,
  )
  const text = words.join(':')
  if (!longest) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}
