// Choices that a seed makes.

import { type Random, seededRandom } from '../../src/lib/random.ts'

export interface Dice extends Random {
  pick<T>(all: readonly T[]): T
  /** True once in so many times. */
  once(inSoMany: number): boolean
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed)
  return {
    ...random,
    pick<T>(all: readonly T[]): T {
      const index = random.below(all.length)
      if (index >= all.length) throw new Error('there is nothing to pick from')
      return all[index] as T
    },
    once: (inSoMany) => random.below(inSoMany) === 0,
  }
}
