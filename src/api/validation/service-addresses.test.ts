import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBody } from '../field-error.ts'
import { kindEntry } from '../kinds.ts'
import { strategyOf } from '../strategies.ts'

const words = (kind: 'IPAddress' | 'ServiceCIDR', name: string, spec: object) =>
  strategyOf(kindEntry(kind))
    .validateCreate({ metadata: { name }, spec: { ...spec } })
    .map((error) => `${error.field}: ${errorBody(error)}`)
const parentRef = { resource: 'services', namespace: 'default', name: 'web' }
const cidrErrors = (...cidrs: string[]) => words('ServiceCIDR', 'more', { cidrs })

test('an IPAddress is named by an address that is written in one way alone', () => {
  const nameErrors = (name: string) => words('IPAddress', name, { parentRef })
  assert.deepEqual(nameErrors('10.96.0.1'), [])
  assert.deepEqual(nameErrors('fd00::1'), [])
  const said = (name: string, detail: string) => [
    `metadata.name: Invalid value: "${name}": ${detail}`,
  ]
  const wanted: Record<string, string> = {
    web: 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    '10.096.0.1': 'must not have leading 0s',
    '::ffff:10.96.0.1': 'must not be an IPv4-mapped IPv6 address',
  }
  for (const [name, detail] of Object.entries(wanted))
    assert.deepEqual(nameErrors(name), said(name, detail))
})

test('an IPAddress has a parent with a resource and a name, which stays', () => {
  assert.deepEqual(words('IPAddress', '10.0.0.1', {}), ['spec.parentRef: Required value'])
  assert.deepEqual(words('IPAddress', '10.0.0.1', { parentRef: { group: 'A_b' } }).length, 3)
  const object = { metadata: { name: '10.0.0.1', resourceVersion: '1' }, spec: { parentRef } }
  const moved = { ...object, spec: { parentRef: { ...parentRef, name: 'other' } } }
  const errors = strategyOf(kindEntry('IPAddress')).validateUpdate(moved, object)
  assert.deepEqual(
    errors.map(({ field, detail }) => [field, detail]),
    [['spec.parentRef', 'field is immutable']],
  )
})

test('a ServiceCIDR has one block, or one of each family', () => {
  assert.deepEqual(cidrErrors('10.0.0.0/24'), [])
  assert.deepEqual(cidrErrors('fd00::/64', '10.0.0.0/24'), [])
  assert.deepEqual(cidrErrors(), ['spec.cidrs: Required value: at least one CIDR required'])
  assert.deepEqual(cidrErrors('10.0.0.0/24', '10.0.1.0/24'), [
    'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/24","10.0.1.0/24"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ])
  assert.match(cidrErrors('10.0.0.0/24', 'fd00::/64', 'fd01::/64')[0] ?? '', /up to 2 values$/)
})

test('a block of a ServiceCIDR is written in one way alone', () => {
  const wanted: Record<string, string> = {
    'ten/24': 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    '10.0.0.0': 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    '10.0.0.1/24': 'must not have bits set beyond the prefix length',
    '10.00.0.0/24': 'must not have leading 0s in IP or prefix length',
    '10.0.0.0/024': 'must not have leading 0s in IP or prefix length',
    '::ffff:10.0.0.0/120': 'must not have an IPv4-mapped IPv6 address',
  }
  for (const [cidr, detail] of Object.entries(wanted)) {
    assert.deepEqual(cidrErrors(cidr), [`spec.cidrs[0]: Invalid value: "${cidr}": ${detail}`])
  }
})
