import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatIpv4, parseCidr } from '../lib/ip.ts'
import { nextAddress, openIpam } from './ipam.ts'
import { linkName, podMac } from './pod-links.ts'

const range = parseCidr('10.244.0.0/29') ?? { first: 0, size: 0, prefixLength: 32 }
const numbers = (...last: number[]) => new Set(last.map((byte) => range.first + byte))
const after = (taken: ReadonlySet<number>, last?: number) => {
  const address = nextAddress(range, taken, last === undefined ? undefined : range.first + last)
  return address === undefined ? undefined : formatIpv4(address)
}

test('addresses go round, leaving out those taken and those reserved', () => {
  assert.equal(after(numbers()), '10.244.0.2')
  assert.equal(after(numbers(), 2), '10.244.0.3')
  assert.equal(after(numbers(3), 2), '10.244.0.4')
  assert.equal(after(numbers(), 6), '10.244.0.2')
  assert.equal(after(numbers(2, 3, 4, 5, 6), 6), undefined)
})

test('leases outlive the process, and a range that is spent says so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ipam-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const ipam = await openIpam(folder, '10.244.0.0/29')
  const sandboxes = ['a', 'b', 'c', 'd', 'e']
  const leases = await Promise.all(sandboxes.map((id) => ipam.acquire(id, [])))
  assert.deepEqual(
    leases.map(({ address }) => address),
    ['10.244.0.2', '10.244.0.3', '10.244.0.4', '10.244.0.5', '10.244.0.6'],
  )
  await assert.rejects(ipam.acquire('f', []), {
    message: 'no IP addresses available in range 10.244.0.0/29',
  })
  const reopened = await openIpam(folder, '10.244.0.0/29')
  assert.equal((await reopened.release('b'))?.address, '10.244.0.3')
  assert.equal(await reopened.release('b'), undefined)
  assert.equal((await reopened.acquire('f', [])).address, '10.244.0.3')
  assert.equal((await reopened.acquire('a', [])).address, '10.244.0.2')
  assert.equal(readdirSync(folder).length, 5)
})

test('names of links fit the kernel, hardware addresses tell the address', () => {
  assert.match(linkName('4f2c'.repeat(16)), /^veth[0-9a-f]{8}$/)
  assert.equal(podMac('10.244.1.200'), '0a:58:0a:f4:01:c8')
})
