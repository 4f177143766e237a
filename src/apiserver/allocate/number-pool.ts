// Numbers given out once each: the offsets of addresses and ports. The first part of the range is
// kept for those who ask for one number in particular; the others are drawn from the rest first,
// so that asking works (KEP-3070, KEP-3668).

import type { Random } from '../../lib/random.ts'

export interface NumberPool {
  /** False: already taken. The offset must be inside the range. */
  take(offset: number): boolean
  /** A free offset; undefined when all are taken. */
  takeNext(): number | undefined
  release(offset: number): void
}

export interface PoolOptions {
  readonly size: number
  /** Offsets below this are drawn last. */
  readonly reserved: number
  readonly random: Random
}

export function createNumberPool({ size, reserved, random }: PoolOptions): NumberPool {
  const taken = new Set<number>()

  /** From a random place on, around once. */
  function takeBetween(from: number, to: number): number | undefined {
    const length = to - from
    if (length <= 0) return undefined
    const start = random.below(length)
    for (let step = 0; step < length; step++) {
      const offset = from + ((start + step) % length)
      if (taken.has(offset)) continue
      taken.add(offset)
      return offset
    }
    return undefined
  }

  return {
    take(offset) {
      if (taken.has(offset)) return false
      taken.add(offset)
      return true
    },
    takeNext: () => takeBetween(reserved, size) ?? takeBetween(0, Math.min(reserved, size)),
    release: (offset) => void taken.delete(offset),
  }
}

/** Upstream's share of a range that is kept for particular wishes. */
export function reservedShare(
  size: number,
  {
    least,
    most,
    divisor,
  }: { readonly least: number; readonly most: number; readonly divisor: number },
): number {
  if (size < least) return 0
  return Math.min(most, Math.max(least, Math.floor(size / divisor)))
}
