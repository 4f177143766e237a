import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts'

const group = 'resource.k8s.io'
const claims = `/apis/${group}/v1/namespaces/default/resourceclaims`
const rbac = 'rbac.authorization.k8s.io'
const driver = 'gpu.example.com'
const result = { request: 'gpu', driver, pool: 'n1', device: 'gpu-0' }
const allocation = {
  devices: { results: [result] },
  nodeSelector: {
    nodeSelectorTerms: [
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] },
    ],
  },
}
const device = { driver, pool: 'n1', device: 'gpu-0' }
const exactly = { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 }
const claim = (name: string, more: object = {}) => ({
  ...{ apiVersion: `${group}/v1`, kind: 'ResourceClaim', metadata: { name } },
  spec: { devices: { requests: [{ name: 'gpu', exactly: { ...exactly, ...more } }] } },
})

let server: WholeServer
before(async () => {
  server = await startWholeServer()
  await grant('ada', { resources: ['resourceclaims'], verbs: ['create'] })
  await grant('ada', { resources: ['resourceclaims/status'], verbs: ['update', 'patch'] })
  await server.settled()
  assert.equal((await server.root(`POST ${claims}`, claim('one'))).status, 201)
})
after(() => server[Symbol.asyncDispose]())

let granted = 0
async function grant(user: string, rule: object) {
  const meta = { apiVersion: `${rbac}/v1`, metadata: { name: `grant-${(granted += 1)}` } }
  const role = { ...meta, kind: 'ClusterRole', rules: [{ apiGroups: [group], ...rule }] }
  await server.root(`POST /apis/${rbac}/v1/clusterroles`, role)
  await server.root(`POST /apis/${rbac}/v1/clusterrolebindings`, {
    ...{ ...meta, kind: 'ClusterRoleBinding' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: meta.metadata.name },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  })
}

const merge = { 'content-type': 'application/merge-patch+json' }
const patchAs = (user: string, status: object) =>
  server.as(user)(`PATCH ${claims}/one/status`, { status }, merge)

test('admin access is for marked namespaces', async () => {
  const wanted = claim('admin', { adminAccess: true })
  const { status, json } = await server.root(`POST ${claims}`, wanted)
  assert.equal(status, 422)
  assert.equal(
    json.message,
    'ResourceClaim.resource.k8s.io "admin" is invalid: spec.devices.requests[0].adminAccess: Forbidden: ' +
      'admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
  )
  const labels = { 'resource.kubernetes.io/admin-access': 'true' }
  await server.root('PATCH /api/v1/namespaces/default', { metadata: { labels } }, merge)
  assert.equal((await server.root(`POST ${claims}`, wanted)).status, 201)
})

test('only who may bind claims allocates', async () => {
  const refused = await patchAs('ada', { allocation })
  assert.equal(refused.status, 422)
  assert.equal(
    refused.json.message,
    'ResourceClaim.resource.k8s.io "one" is invalid: status: Forbidden: changing status.allocation or ' +
      'status.reservedFor requires resource="resourceclaims/binding", verb="patch" permission: ' +
      'resourceclaims.resource.k8s.io is forbidden: User "ada" cannot patch resource ' +
      '"resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope',
  )
  const scheduler = await patchAs('system:kube-scheduler', { allocation })
  assert.equal(scheduler.status, 200, scheduler.text)
})

test('the state of a device is for its driver, from anywhere or from its node', async () => {
  const refused = await patchAs('ada', { devices: [device] })
  assert.equal(refused.status, 422)
  assert.equal(
    refused.json.message,
    'ResourceClaim.resource.k8s.io "one" is invalid: status.devices: Forbidden: changing status.devices ' +
      'requires resource="resourceclaims/driver", verb="[arbitrary-node:patch]" permission: ' +
      'resourceclaims.resource.k8s.io "gpu.example.com" is forbidden: User "ada" cannot ' +
      'arbitrary-node:patch resource "resourceclaims/driver" in API group "resource.k8s.io" ' +
      'in the namespace "default"',
  )
  const of = { resources: ['resourceclaims/driver'], resourceNames: [driver] }
  const account = 'system:serviceaccount:kube-system:gpu'
  await grant(account, { ...of, verbs: ['associated-node:patch'] })
  await grant(account, { resources: ['resourceclaims/status'], verbs: ['patch'] })
  await server.settled()
  const on = (node: string) =>
    server.server.inProcess({
      name: account,
      groups: ['system:authenticated'],
      extra: { 'authentication.kubernetes.io/node-name': [node] },
    })
  const request = {
    method: 'PATCH' as const,
    path: `${claims}/one/status`,
    headers: merge,
    body: JSON.stringify({ status: { devices: [device] } }),
  }
  assert.equal((await on('n2').send(request)).status, 422)
  assert.equal((await on('n1').send(request)).status, 200)
  await grant('ada', { ...of, verbs: ['arbitrary-node:patch'] })
  await server.settled()
  assert.equal((await patchAs('ada', { devices: [] })).status, 200)
})
