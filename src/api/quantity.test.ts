import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  milliUnitsOf,
  parseQuantity,
  QuantityError,
  roundUpToMilli,
  subtractQuantities,
  unitsOf,
} from './quantity.ts'

const canonical: readonly (readonly [string, string])[] = [
  ['0', '0'],
  ['0Gi', '0'],
  ['1', '1'],
  ['+5', '5'],
  ['-1', '-1'],
  ['.5', '500m'],
  ['1.', '1'],
  ['0.1', '100m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['1000Ki', '1000Ki'],
  ['1Ki', '1Ki'],
  ['512Ki', '512Ki'],
  ['0.5Ki', '512'],
  ['0.5Mi', '512Ki'],
  ['1.1Ki', '1126400m'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['1000000', '1M'],
  ['100k', '100k'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12e6', '12e6'],
  ['1e-3', '1e-3'],
  ['1e2', '100'],
  ['100n', '100n'],
  ['1000n', '1u'],
  ['0.0000000001', '1n'],
  ['12E', '9223372036854775807'],
]

test('writes quantities in canonical text', () => {
  for (const [given, text] of canonical) assert.equal(canonicalQuantity(given), text, given)
  assert.equal(canonicalQuantity(0.1), '100m')
  assert.equal(canonicalQuantity(2), '2')
})

test('says as upstream does what is wrong with a quantity', () => {
  const regex =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const wrong: readonly (readonly [string, string])[] = [
    ['', regex],
    ['abc', regex],
    ['1 Gi', regex],
    ['1Zi', regex],
    ['1..2', 'unable to parse numeric part of quantity'],
    ['1GiB', regex],
    ['1kk', "unable to parse quantity's suffix"],
    ['1i', "unable to parse quantity's suffix"],
  ]
  for (const [given, message] of wrong) {
    assert.throws(() => canonicalQuantity(given), new QuantityError(message), given)
  }
})

test('adds, subtracts and compares across formats', () => {
  assert.equal(addQuantities('100m', '0.9'), '1')
  assert.equal(addQuantities('1Gi', '1Mi'), '1025Mi')
  assert.equal(addQuantities('0', '1Gi'), '1Gi')
  assert.equal(subtractQuantities('1', '1m'), '999m')
  assert.equal(subtractQuantities('1Mi', '1Gi'), '-1023Mi')
  assert.equal(compareQuantities('1k', '1Ki'), -1)
  assert.equal(compareQuantities('1024', '1Ki'), 0)
  assert.equal(compareQuantities('1.0001', '1'), 1)
})

test('rounds up, away from zero', () => {
  assert.equal(unitsOf('1m'), 1n)
  assert.equal(unitsOf('1500m'), 2n)
  assert.equal(unitsOf('-1500m'), -2n)
  assert.equal(milliUnitsOf('1u'), 1n)
  assert.equal(milliUnitsOf('100m'), 100n)
  assert.equal(roundUpToMilli('1n'), '1m')
  assert.equal(roundUpToMilli('1500u'), '2m')
  assert.equal(roundUpToMilli('2'), '2')
})

test('canonical text stands for the same amount and is its own canonical text', () => {
  const suffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-3']
  const quantities = fc
    .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.constantFrom(...suffixes))
    .map(([number, suffix]) => `${number}${suffix}`)
  fc.assert(
    fc.property(quantities, (text) => {
      const once = canonicalQuantity(text)
      assert.equal(parseQuantity(once).nanos, parseQuantity(text).nanos)
      assert.equal(canonicalQuantity(once), once)
    }),
  )
})

test('sums come apart again', () => {
  const amounts = fc.integer({ min: 1, max: 1_000_000 }).map((number) => `${number}m`)
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      assert.equal(subtractQuantities(addQuantities(a, b), b), canonicalQuantity(a))
    }),
  )
})
