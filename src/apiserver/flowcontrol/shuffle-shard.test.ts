import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dealHand } from './shuffle-shard.ts'

test('a flow is always dealt the same hand of different queues', () => {
  const hand = dealHand('global-default,ada', 128, 6)
  assert.deepEqual(dealHand('global-default,ada', 128, 6), hand)
  assert.equal(new Set(hand).size, 6)
  assert.ok(hand.every((card) => card >= 0 && card < 128))
})

test('hands are dealt evenly', () => {
  const counts = Array.from({ length: 16 }, () => 0)
  for (let flow = 0; flow < 4000; flow++)
    for (const card of dealHand(`flow-${flow}`, 16, 4)) counts[card] = (counts[card] ?? 0) + 1
  assert.ok(
    counts.every((count) => count > 850 && count < 1150),
    counts.join(' '),
  )
})

test('a hand is never larger than the deck', () => {
  assert.deepEqual(dealHand('a', 3, 8).toSorted(), [0, 1, 2])
})
