import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIpv4, isInRange, parseCidr, parseIpv4 } from './ip.ts'

test('an address is read and written', () => {
  assert.equal(parseIpv4('10.244.0.7'), 0x0af40007)
  assert.equal(parseIpv4('255.255.255.255'), 0xffffffff)
  assert.equal(formatIpv4(0xc0a80001), '192.168.0.1')
})

test('what is no plain IPv4 address is none', () => {
  const texts = ['', '1.2.3', '1.2.3.256', '1.2.3.04', '1.2.3.4 ', 'a.b.c.d', '::1', '1.2.3.4.5']
  assert.deepEqual(
    texts.filter((text) => parseIpv4(text) !== undefined),
    [],
  )
})

test('a range starts where its host bits are zero', () => {
  assert.deepEqual(parseCidr('10.244.1.9/24'), { first: 0x0af40100, size: 256, prefixLength: 24 })
  assert.equal(parseCidr('10.244.1.0'), undefined)
  assert.equal(parseCidr('10.244.1.0/33'), undefined)
})

test('an address is in its range and not in the next', () => {
  const range = { first: 0x0af40100, size: 256, prefixLength: 24 }
  assert.deepEqual(
    [0x0af400ff, 0x0af40100, 0x0af401ff, 0x0af40200].map((a) => isInRange(a, range)),
    [false, true, true, false],
  )
})
