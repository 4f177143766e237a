// Randomness as a driver: the system's, or a sequence that a test replays from a seed.

import { randomInt, randomUUID } from 'node:crypto'

export interface Random {
  /** A whole number of 0 .. limit-1. */
  below(limit: number): number
  uuid(): string
}

export const systemRandom: Random = { below: (limit) => randomInt(limit), uuid: () => randomUUID() }

/** Mulberry32: small, fast, and the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('')
  return {
    below: (limit) => Math.floor(next() * limit),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  }
}

/** The alphabet of generated names: no vowels, so no words; no look-alikes. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** The suffix that generateName and controllers append, 5 characters by default. */
export function nameSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => nameAlphabet.charAt(random.below(nameAlphabet.length))).join(
    '',
  )
}
