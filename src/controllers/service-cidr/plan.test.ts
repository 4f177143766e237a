import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ipAddressFor } from '../../api/ip-address.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types.gen.ts'
import { finalizer, planServiceCidr } from './plan.ts'
import { isNeeded } from './service-cidr.ts'

const now = new Date('2026-01-01T00:01:00Z')

const cidrOf = (name: string, cidr: string, more: object = {}): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name, finalizers: [finalizer], ...more },
  spec: { cidrs: [cidr] },
})
const addresses = (...names: string[]): IPAddress[] =>
  names.map((name) => ipAddressFor(name, { namespace: 'default', name: 'web' }))
const patches = (cidr: ServiceCIDR, isNeeded = false) =>
  planServiceCidr({ cidr, isNeeded }, now).actions.map((action) =>
    action.verb === 'patch' ? action.patch : action,
  )
const readyCondition = {
  type: 'Ready',
  status: 'True',
  reason: '',
  message: 'Kubernetes Service CIDR is ready',
  lastTransitionTime: '2026-01-01T00:01:00Z',
}

test('a new block gets its finalizer and is ready', () => {
  assert.deepEqual(patches(cidrOf('a', '10.0.0.0/24', { finalizers: [] })), [
    { metadata: { finalizers: [finalizer] } },
    { status: { conditions: [readyCondition] } },
  ])
  const done = { ...cidrOf('a', '10.0.0.0/24'), status: { conditions: [readyCondition] } }
  assert.deepEqual(patches(done as ServiceCIDR), [])
})

test('a deleted block goes ten seconds later, unless an address needs it', () => {
  const deletedAt = (deletionTimestamp: string) => cidrOf('a', '10.0.0.0/24', { deletionTimestamp })
  const young = planServiceCidr({ cidr: deletedAt('2026-01-01T00:00:55Z'), isNeeded: false }, now)
  assert.deepEqual(young, { actions: [], requeueAfterMs: 5000 })
  assert.deepEqual(patches(deletedAt('2026-01-01T00:00:50Z')), [
    { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } },
  ])
  const blocked = {
    type: 'Ready',
    status: 'False',
    reason: 'Terminating',
    message:
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    lastTransitionTime: '2026-01-01T00:01:00Z',
  }
  assert.deepEqual(patches(deletedAt('2026-01-01T00:00:50Z'), true), [
    { status: { conditions: [blocked] } },
  ])
})

test('an address needs the one block that it is in', () => {
  const small = cidrOf('small', '10.0.1.0/24')
  const large = cidrOf('large', '10.0.0.0/16')
  const inside = addresses('10.0.1.7')
  assert.equal(isNeeded(small, [], inside), true)
  assert.equal(isNeeded(small, [], addresses('10.0.2.7', '10.0.1.255')), false)
  assert.equal(isNeeded(small, [large], inside), false)
  assert.equal(isNeeded(large, [small], inside), false)
  assert.equal(isNeeded(large, [small], addresses('10.0.2.7')), true)
})

test('an address that the API server did not make holds nothing up', () => {
  const [address] = addresses('10.0.0.7')
  assert.ok(address)
  const foreign = { ...address, metadata: { name: '10.0.0.7' } }
  assert.equal(isNeeded(cidrOf('a', '10.0.0.0/24'), [], [foreign]), false)
})
