// Shuffle sharding: each flow is dealt a hand of queues from the deck of all, always the same one, so
// that a flow that floods its queues shares all of them with few others. Pure.

import { createHash } from 'node:crypto'

/**
 * `hand` numbers out of 0 .. deck-1, all different. A hash of 52 bits deals hands as long as there are
 * fewer than 2^52 of them; beyond, some hands are never dealt.
 */
export function dealHand(flow: string, deck: number, hand: number): readonly number[] {
  let rest = createHash('sha256').update(flow).digest().readUIntBE(0, 6)
  const dealt: number[] = []
  for (let size = deck; dealt.length < Math.min(hand, deck); size--) {
    let card = rest % size
    rest = Math.floor(rest / size)
    // A number among those not dealt yet: step over each dealt one at or below it.
    for (const other of dealt.toSorted((a, b) => a - b)) if (card >= other) card++
    dealt.push(card)
  }
  return dealt
}
