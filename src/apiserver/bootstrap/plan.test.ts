import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterObjects, firstServiceAddress, namespaceObjects } from './cluster-objects.ts'
import { flowControlObjects } from './flow-control.ts'
import { bootstrapPlan } from './plan.ts'
import { rbacObjects } from './rbac-objects.ts'
import { entryOf, identityOf, type StoredObject } from './stored-object.ts'

const facts = {
  ...{ serverAddress: '172.18.0.1', serverPort: 6443, clusterName: 'test', clientCa: 'PEM' },
  ...{ serviceSubnet: '10.96.0.0/16', podSubnet: '10.244.0.0/16', domain: 'cluster.local' },
}
const all = [
  ...namespaceObjects(),
  ...rbacObjects(),
  ...flowControlObjects(),
  ...clusterObjects(facts, new Date('2026-01-02T03:04:05Z')),
]

test('every object is of a kind that is served, and named once', () => {
  for (const object of all) assert.equal(entryOf(object).kind, object.kind)
  assert.equal(new Set(all.map(identityOf)).size, all.length)
})

test('an empty cluster gets everything, a bootstrapped one nothing', () => {
  assert.equal(bootstrapPlan(all, []).create.length, all.length)
  assert.deepEqual(bootstrapPlan(all, all), { create: [], update: [] })
})

test('a default role that lost a rule gets it back and keeps what was added', () => {
  const role = (name: string) => all.find((object) => object.metadata.name === name)
  const wanted = role('system:auth-delegator') as StoredObject & { rules: readonly object[] }
  const extra = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const stored = { ...wanted, rules: [extra, ...wanted.rules.slice(1)] }
  const { update } = bootstrapPlan([wanted], [stored])
  assert.deepEqual(update, [{ ...stored, rules: [...stored.rules, wanted.rules[0]] }])
})

test('a role whose annotation forbids it stays as it is', () => {
  const wanted = rbacObjects().find(({ metadata }) => metadata.name === 'system:basic-user')
  assert.ok(wanted)
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  const stored = { ...wanted, metadata: { ...wanted.metadata, annotations }, rules: [] }
  assert.deepEqual(bootstrapPlan([wanted], [stored]).update, [])
})

test('the kubernetes Service has the first address of its subnet', () => {
  assert.equal(firstServiceAddress('10.96.0.0/16'), '10.96.0.1')
  assert.equal(firstServiceAddress('fd00:10:96::/112'), 'fd00:10:96::1')
})
