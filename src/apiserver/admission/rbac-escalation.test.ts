import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts'

const group = 'rbac.authorization.k8s.io'
const path = `/apis/${group}/v1`
const apiVersion = `${group}/v1`
const role = (name: string, ...rules: readonly object[]) => ({
  ...{ apiVersion, kind: 'Role' },
  metadata: { name },
  rules,
})
const rule = (verbs: string, resources: string, more: object = {}) => ({
  ...{ apiGroups: [''], resources: resources.split(','), verbs: verbs.split(',') },
  ...more,
})
const binding = (name: string, kind: string, roleName: string, user: string) => ({
  ...{ apiVersion, kind: 'RoleBinding' },
  metadata: { name },
  roleRef: { apiGroup: group, kind, name: roleName },
  subjects: [{ apiGroup: group, kind: 'User', name: user }],
})
const roles = `${path}/namespaces/default/roles`
const bindings = `${path}/namespaces/default/rolebindings`

let server: WholeServer
before(async () => {
  server = await startWholeServer()
  const { root } = server
  const own = [
    rule('get,list', 'pods'),
    { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: ['create', 'patch'] },
    { apiGroups: [group], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] },
  ]
  await root(`POST ${roles}`, role('own', ...own))
  await root(`POST ${bindings}`, binding('ada', 'Role', 'own', 'ada'))
  await server.settled()
})
after(() => server[Symbol.asyncDispose]())

test('nobody puts rules into a role that they do not hold', async () => {
  const ada = server.as('ada', 'dev')
  assert.equal((await ada(`POST ${roles}`, role('less', rule('get', 'pods')))).status, 201)
  const wanted = role('more', rule('get,delete,watch', 'pods'), rule('get', 'secrets'))
  const { status, json } = await ada(`POST ${roles}`, wanted)
  assert.equal(status, 403)
  assert.equal(
    json.message,
    'roles.rbac.authorization.k8s.io "more" is forbidden: user "ada" ' +
      '(groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}\n' +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  )
  const patch = [{ op: 'add', path: '/rules/-', value: rule('get', 'nodes') }]
  const headers = { 'content-type': 'application/json-patch+json' }
  const patched = await ada(`PATCH ${roles}/less`, patch, headers)
  assert.match(patched.json.message, /not currently held:\n.*"nodes".*$/)
})

test('a role is bound by who holds its rules, or may bind it', async () => {
  const ada = server.as('ada')
  const status = async (name: string, kind: string, of: string) =>
    (await ada(`POST ${bindings}`, binding(name, kind, of, 'bob'))).status
  assert.equal(await status('held', 'Role', 'own'), 201)
  assert.equal(await status('may-bind', 'ClusterRole', 'view'), 201)
  assert.equal(await status('neither', 'ClusterRole', 'edit'), 403)
  const missing = await ada(`POST ${bindings}`, binding('x', 'ClusterRole', 'none', 'bob'))
  assert.equal(missing.status, 404)
  assert.equal(missing.json.message, 'clusterrole.rbac.authorization.k8s.io "none" not found')
})

test('who may escalate may write any role, and only a cluster admin aggregates', async () => {
  const { root } = server
  const rules = [{ apiGroups: [group], resources: ['clusterroles'], verbs: ['create', 'update'] }]
  const escalator = [{ ...rules[0], verbs: ['create', 'update', 'escalate'] }]
  for (const [name, own] of [
    ['writer', rules],
    ['escalator', escalator],
  ] as const) {
    await root(`POST ${path}/clusterroles`, { ...role(name, ...own), kind: 'ClusterRole' })
    const bound = binding(name, 'ClusterRole', name, name)
    await root(`POST ${path}/clusterrolebindings`, { ...bound, kind: 'ClusterRoleBinding' })
  }
  await server.settled()
  const all = { ...role('all', rule('*', '*')), kind: 'ClusterRole' }
  assert.equal((await server.as('writer')(`POST ${path}/clusterroles`, all)).status, 403)
  assert.equal((await server.as('escalator')(`POST ${path}/clusterroles`, all)).status, 201)
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
  const aggregated = { ...role('sum'), kind: 'ClusterRole', aggregationRule }
  const { json } = await server.as('writer')(`POST ${path}/clusterroles`, aggregated)
  assert.equal(
    json.message,
    'clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  )
})
