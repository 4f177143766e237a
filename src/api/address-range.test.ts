import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../lib/random.ts'
import {
  type AddressRange,
  addressesOf,
  addressRangeOf,
  canonicalAddress,
  contains,
  containsRange,
} from './address-range.ts'

const range = (cidr: string): AddressRange => {
  const found = addressRangeOf(cidr)
  assert.ok(found)
  return found
}

test('neither the first nor the broadcast address of an IPv4 block is given', () => {
  const block = range('10.96.0.0/24')
  assert.deepEqual(
    ['10.96.0.0', '10.96.0.1', '10.96.0.254', '10.96.0.255', '10.96.1.1', 'fd00::1'].map(
      (address) => contains(block, address),
    ),
    [false, true, true, false, false, false],
  )
})

test('the last address of an IPv6 block is given', () => {
  const block = range('fd00:10:96::/112')
  assert.deepEqual(
    ['fd00:10:96::', 'fd00:10:96::1', 'fd00:10:96::ffff', 'fd00:10:96::1:0'].map((address) =>
      contains(block, address),
    ),
    [false, true, true, false],
  )
})

test('every address is drawn once, those kept for particular wishes last', () => {
  const drawn = [...addressesOf(range('10.0.0.0/24'), seededRandom(7))]
  const lastByte = (address: string) => Number(address.split('.')[3])
  assert.equal(new Set(drawn).size, 254)
  assert.ok(drawn.slice(0, 238).every((address) => lastByte(address) > 16))
  assert.ok(drawn.slice(238).every((address) => lastByte(address) <= 16))
})

test('a small block keeps nothing apart', () => {
  const drawn = [...addressesOf(range('10.0.0.0/29'), seededRandom(1))]
  assert.equal(range('10.0.0.0/29').reserved, 0n)
  assert.deepEqual(
    drawn.toSorted(),
    [1, 2, 3, 4, 5, 6].map((byte) => `10.0.0.${byte}`),
  )
  assert.deepEqual([...addressesOf(range('10.0.0.0/32'), seededRandom(1))], [])
})

test('a huge block is drawn from without being walked through', () => {
  const [first = ''] = addressesOf(range('fd00::/64'), seededRandom(3))
  assert.ok(contains(range('fd00::/64'), first))
})

test('addresses are written as RFC 5952 says', () => {
  const written = {
    '0:0:0:0:0:0:0:0': '::',
    'FD00:0:0:1:0:0:0:1': 'fd00:0:0:1::1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:DB8::10:0': '2001:db8::10:0',
    'fd00::': 'fd00::',
    '::ffff:1.2.3.4': '::ffff:102:304',
    '10.0.0.1': '10.0.0.1',
    'no address': 'no address',
  }
  for (const [given, text] of Object.entries(written)) assert.equal(canonicalAddress(given), text)
})

test('a block lies in another of its family that is as large', () => {
  assert.ok(containsRange(range('10.0.0.0/8'), range('10.96.0.0/16')))
  assert.ok(containsRange(range('10.96.0.0/16'), range('10.96.0.0/16')))
  assert.ok(!containsRange(range('10.96.0.0/16'), range('10.0.0.0/8')))
  assert.ok(!containsRange(range('fd00::/64'), range('10.0.0.0/8')))
})
