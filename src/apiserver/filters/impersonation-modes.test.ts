import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../api/status-error.ts'
import type { PolicyRule } from '../../api/types.gen.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import { policyRule } from '../rbac/rule-text.ts'
import { type Attributes, ruleAllows } from '../rbac/rules.ts'
import type { UserInfo } from '../request.ts'
import { impersonated, type Wanted } from './impersonation-modes.ts'

const asked: Attributes = {
  ...{ verb: 'list', isResourceRequest: true, group: '', resource: 'pods', subresource: '' },
  ...{ namespace: 'a', name: '', path: '' },
}
const wantedOf = (name: string, more: Partial<Wanted> = {}): Wanted => ({
  ...{ name, uid: '', groups: [], extra: {} },
  ...more,
})

/** Rules in the form of rule-text.ts. */
function tried(rules: readonly string[], wanted: Wanted, requestor: Partial<UserInfo> = {}) {
  const held: readonly PolicyRule[] = rules.map(policyRule)
  const authorizer: Authorizer = {
    authorize: (_, right) => ({
      allowed: held.some((rule) => ruleAllows(rule, right)),
      reason: '',
    }),
    rulesFor: () => ({ rules: held, errors: [] }),
  }
  try {
    const own = { name: 'ada', groups: [], ...requestor }
    const user = impersonated({ requestor: own, wanted, asked, authorizer })
    return [user.name, ...user.groups].join(' ')
  } catch (error) {
    assert.ok(error instanceof StatusError)
    return error.message
  }
}

const group = 'authentication.k8s.io'

test('the older right needs no other', () => {
  const rules = ['impersonate core users,groups', `impersonate ${group} uids,userextras/scopes`]
  const more = { groups: ['dev'], uid: 'u', extra: { scopes: ['x'] } }
  assert.equal(tried(rules, wantedOf('bob', more)), 'bob dev system:authenticated')
  assert.equal(
    tried(['impersonate core serviceaccounts'], wantedOf('system:serviceaccount:a:robot')),
    'system:serviceaccount:a:robot system:serviceaccounts system:serviceaccounts:a system:authenticated',
  )
  assert.equal(
    tried(['impersonate core users'], wantedOf('system:node:n1')),
    'system:node:n1 system:authenticated',
  )
})

test('acting as a user takes the right to be the user and to do this', () => {
  const being = `impersonate:user-info ${group} users named bob`
  const doing = 'impersonate-on:user-info:list core pods'
  assert.equal(tried([being, doing], wantedOf('bob')), 'bob system:authenticated')
  assert.equal(
    tried([being], wantedOf('bob')),
    'pods is forbidden: User "ada" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "a"',
  )
  assert.equal(
    tried([doing], wantedOf('eve')),
    'users.authentication.k8s.io "eve" is forbidden: User "ada" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope',
  )
  const all = [`impersonate:user-info ${group} *`, doing]
  assert.equal(
    tried(all, wantedOf('bob', { groups: ['system:masters'] })),
    'groups.authentication.k8s.io "system:masters" is forbidden: User "ada" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope: impersonating the system:masters group is not allowed',
  )
  assert.match(
    tried(all, wantedOf('bob', { extra: { plain: ['x'] } })),
    /an invalid key in extra is not allowed: extra\.key: Invalid value: "plain": must be a domain/,
  )
})

test('accounts and nodes have rights of their own, and only their names', () => {
  const account = [
    `impersonate:serviceaccount ${group} serviceaccounts`,
    'impersonate-on:serviceaccount:list core pods',
  ]
  assert.match(
    tried(account, wantedOf('system:serviceaccount:a:robot')),
    /^system:serviceaccount:a:robot system:serviceaccounts /,
  )
  assert.match(
    tried(account, wantedOf('system:serviceaccount:a:robot', { groups: ['x'] })),
    /cannot impersonate resource "serviceaccounts"/,
  )
  const node = [
    `impersonate:arbitrary-node ${group} nodes named n1`,
    'impersonate-on:arbitrary-node:list core pods',
  ]
  assert.equal(
    tried(node, wantedOf('system:node:n1')),
    'system:node:n1 system:nodes system:authenticated',
  )
  assert.match(
    tried(node, wantedOf('system:node:n2')),
    /^nodes\.authentication\.k8s\.io "n2" is forbidden/,
  )
})

test('a Pod acts as the node it runs on', () => {
  const rules = [
    `impersonate:associated-node ${group} nodes`,
    'impersonate-on:associated-node:list core pods',
  ]
  const on = (node: string) => ({
    name: 'system:serviceaccount:a:agent',
    extra: { 'authentication.kubernetes.io/node-name': [node] },
  })
  assert.equal(
    tried(rules, wantedOf('system:node:n1'), on('n1')),
    'system:node:n1 system:nodes system:authenticated',
  )
  assert.match(tried(rules, wantedOf('system:node:n1'), on('n2')), /is forbidden/)
})
