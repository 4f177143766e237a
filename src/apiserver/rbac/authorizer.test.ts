import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rbacObjects } from '../bootstrap/rbac-objects.ts'
import type { UserInfo } from '../request.ts'
import { createAuthorizer } from './authorizer.ts'
import { createPolicyIndex } from './policy-index.ts'
import { policyRule } from './rule-text.ts'
import type { Attributes } from './rules.ts'

const group = 'rbac.authorization.k8s.io'
const apiVersion = `${group}/v1` as const
const asked = (verb: string, resource: string, of: Partial<Attributes> = {}): Attributes => {
  const [name = '', subresource = ''] = resource.split('/')
  return {
    ...{ verb, isResourceRequest: true, group: '', resource: name, subresource },
    ...{ namespace: 'a', name: '', path: '' },
    ...of,
  }
}
const user = (name: string, ...groups: readonly string[]): UserInfo => ({ name, groups })

function indexOf(
  rules: readonly string[],
  subject: { kind: string; name: string; namespace?: string },
) {
  const index = createPolicyIndex()
  index.changeRole({
    current: {
      ...{ apiVersion, kind: 'Role' },
      metadata: { namespace: 'a', name: 'r' },
      rules: rules.map(policyRule),
    },
  })
  index.changeBinding({
    current: {
      ...{ apiVersion, kind: 'RoleBinding' },
      metadata: { namespace: 'a', name: 'b' },
      roleRef: { apiGroup: group, kind: 'Role', name: 'r' },
      subjects: [subject],
    },
  })
  return index
}

test('a rule of a bound role allows, in its namespace, with upstream words for why', () => {
  const authorizer = createAuthorizer(
    indexOf(['get,list core pods'], { kind: 'User', name: 'ada' }),
  )
  assert.deepEqual(authorizer.authorize(user('ada'), asked('list', 'pods')), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/a" of Role "r" to User "ada"',
  })
  const allowed = (verb: string, resource: string, of?: Partial<Attributes>) =>
    authorizer.authorize(user('ada'), asked(verb, resource, of)).allowed
  assert.equal(allowed('list', 'pods', { namespace: 'b' }), false)
  assert.equal(allowed('list', 'pods', { namespace: '' }), false)
  assert.equal(allowed('delete', 'pods'), false)
  assert.equal(allowed('get', 'pods/log'), false)
  assert.equal(allowed('get', 'pods', { group: 'metrics.k8s.io' }), false)
  assert.equal(authorizer.authorize(user('bob'), asked('list', 'pods')).allowed, false)
})

test('resource names, subresources and wildcards', () => {
  const rules = ['get core configmaps named x,y', '* apps */scale', 'watch * *']
  const authorizer = createAuthorizer(indexOf(rules, { kind: 'Group', name: 'dev' }))
  const allowed = (verb: string, resource: string, of?: Partial<Attributes>) =>
    authorizer.authorize(user('ada', 'dev'), asked(verb, resource, of)).allowed
  assert.equal(allowed('get', 'configmaps', { name: 'x' }), true)
  assert.equal(allowed('get', 'configmaps', { name: 'z' }), false)
  assert.equal(allowed('get', 'configmaps'), false)
  assert.equal(allowed('update', 'deployments/scale', { group: 'apps' }), true)
  assert.equal(allowed('update', 'deployments', { group: 'apps' }), false)
  assert.equal(allowed('watch', 'anything/else', { group: 'x.io' }), true)
})

test('a ServiceAccount is known by the name of its tokens', () => {
  const subject = { kind: 'ServiceAccount', name: 'robot', namespace: 'c' }
  const authorizer = createAuthorizer(indexOf(['get core pods'], subject))
  const decision = authorizer.authorize(user('system:serviceaccount:c:robot'), asked('get', 'pods'))
  assert.equal(
    decision.reason,
    'RBAC: allowed by RoleBinding "b/a" of Role "r" to ServiceAccount "robot/c"',
  )
})

test('a binding to a role that is gone says so', () => {
  const index = indexOf(['get core pods'], { kind: 'User', name: 'ada' })
  index.changeRole({
    previous: { apiVersion, kind: 'Role', metadata: { namespace: 'a', name: 'r' } },
  })
  assert.equal(
    createAuthorizer(index).authorize(user('ada'), asked('get', 'pods')).reason,
    'RBAC: role.rbac.authorization.k8s.io "r" not found',
  )
})

test('a binding that is changed or deleted binds no more', () => {
  const index = indexOf(['get core pods'], { kind: 'User', name: 'ada' })
  const binding = {
    ...{ apiVersion, kind: 'RoleBinding' as const },
    metadata: { namespace: 'a', name: 'b' },
    roleRef: { apiGroup: group, kind: 'Role', name: 'r' },
  }
  const previous = { ...binding, subjects: [{ kind: 'User', name: 'ada' }] }
  index.changeBinding({
    previous,
    current: { ...binding, subjects: [{ kind: 'User', name: 'bob' }] },
  })
  const authorizer = createAuthorizer(index)
  assert.equal(authorizer.authorize(user('ada'), asked('get', 'pods')).allowed, false)
  assert.equal(authorizer.authorize(user('bob'), asked('get', 'pods')).allowed, true)
})

test('the default roles: edit may write Pods, view may not, admin may bind roles, discovery has paths', () => {
  const index = createPolicyIndex()
  for (const object of rbacObjects()) {
    if (object.kind.endsWith('Role')) index.changeRole({ current: object as never })
    else index.changeBinding({ current: object as never })
  }
  for (const name of ['edit', 'view', 'admin'])
    index.changeBinding({
      current: {
        ...{ apiVersion, kind: 'RoleBinding' },
        metadata: { namespace: 'a', name },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name },
        subjects: [{ kind: 'User', name }],
      },
    })
  const authorizer = createAuthorizer(index)
  const may = (name: string, verb: string, resource: string, of?: Partial<Attributes>) =>
    authorizer.authorize(user(name, 'system:authenticated'), asked(verb, resource, of)).allowed
  assert.equal(may('edit', 'create', 'pods'), true)
  assert.equal(may('edit', 'list', 'configmaps'), true)
  assert.equal(may('edit', 'create', 'rolebindings', { group }), false)
  assert.equal(may('view', 'create', 'pods'), false)
  assert.equal(may('view', 'list', 'secrets'), false)
  assert.equal(may('admin', 'create', 'rolebindings', { group }), true)
  const path = { isResourceRequest: false, resource: '', path: '/openapi/v3/apis/apps/v1' }
  assert.equal(may('anyone', 'get', '', path), true)
  assert.equal(may('anyone', 'get', '', { ...path, path: '/metrics' }), false)
})
