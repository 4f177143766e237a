// The default roles and bindings as objects, made from the tables of ../rbac.

import type { PolicyRule, Subject } from '../../api/types.gen.ts'
import { controllerRoles } from '../rbac/controller-roles.ts'
import {
  type DefaultRole,
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoles,
  extraRoleBindings,
} from '../rbac/default-roles.ts'
import { policyRule } from '../rbac/rule-text.ts'
import {
  setupAccounts,
  setupClusterRoleBindings,
  setupClusterRoles,
  setupRoles,
} from '../rbac/setup-roles.ts'
import type { StoredObject } from './stored-object.ts'

const group = 'rbac.authorization.k8s.io'
const apiVersion = `${group}/v1`
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

export function rbacObjects(): readonly StoredObject[] {
  const controllers = Object.entries(controllerRoles)
  return [
    ...defaultClusterRoles.map(clusterRole),
    ...controllers.map(([name, rules]) => clusterRole({ name: controllerRole(name), rules })),
    ...defaultClusterRoleBindings.map(({ name, role = name, subjects }) =>
      binding({ kind: 'ClusterRoleBinding', name, roleKind: 'ClusterRole', role, subjects }),
    ),
    ...controllers.map(([name]) => controllerBinding(name)),
    ...defaultRoles.flatMap(namespacedRole),
    ...extraRoleBindings.map(({ namespace, name, role = name, subjects }) =>
      binding({ kind: 'RoleBinding', namespace, name, roleKind: 'Role', role, subjects }),
    ),
  ]
}

/** What is made once and then the administrator's: never mended. */
export function setupObjects(): readonly StoredObject[] {
  const roles: readonly StoredObject[] = [
    ...setupClusterRoles.map(clusterRole),
    ...setupClusterRoleBindings.map(({ name, role = name, subjects }) =>
      binding({ kind: 'ClusterRoleBinding', name, roleKind: 'ClusterRole', role, subjects }),
    ),
    ...setupRoles.flatMap(namespacedRole),
  ]
  return [
    ...roles.map(({ metadata: { annotations: _, labels: __, ...metadata }, ...role }) => ({
      ...role,
      metadata,
    })),
    ...setupAccounts.map((name) => ({
      ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
      metadata: { namespace: 'kube-system', name },
    })),
  ]
}

function controllerRole(name: string): string {
  return `system:controller:${name}`
}

function controllerBinding(name: string): StoredObject {
  const [role, subjects] = [controllerRole(name), [`s:kube-system/${name}`]]
  return binding({
    kind: 'ClusterRoleBinding',
    name: role,
    roleKind: 'ClusterRole',
    role,
    subjects,
  })
}

function clusterRole(role: DefaultRole): StoredObject {
  const aggregation = `${group}/aggregate-to-`
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata: {
      name: role.name,
      annotations,
      labels: { ...labels, ...(role.aggregateTo && { [aggregation + role.aggregateTo]: 'true' }) },
    },
    ...(role.aggregates && {
      aggregationRule: {
        clusterRoleSelectors: [{ matchLabels: { [aggregation + role.aggregates]: 'true' } }],
      },
    }),
    rules: rulesOf(role),
  }
}

/** An aggregated role has its rules from the start, before any controller has seen it. */
function rulesOf({ aggregates, rules }: DefaultRole): readonly PolicyRule[] {
  if (!aggregates) return rules.map(policyRule)
  const members = defaultClusterRoles.filter(({ aggregateTo }) => aggregateTo === aggregates)
  const all = members.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(rulesOf)
  return [...new Map(all.map((rule) => [JSON.stringify(rule), rule])).values()]
}

function namespacedRole({ namespace, name, rules, subjects }: (typeof defaultRoles)[number]) {
  const role: StoredObject = {
    apiVersion,
    kind: 'Role',
    metadata: { namespace, name, annotations, labels },
    rules: rules.map(policyRule),
  }
  if (subjects.length === 0) return [role]
  return [
    role,
    binding({ kind: 'RoleBinding', namespace, name, roleKind: 'Role', role: name, subjects }),
  ]
}

interface BindingOptions {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding'
  readonly namespace?: string
  readonly name: string
  readonly roleKind: 'Role' | 'ClusterRole'
  readonly role: string
  readonly subjects: readonly string[]
}

function binding(options: BindingOptions): StoredObject {
  const { kind, namespace, name, roleKind, role, subjects } = options
  return {
    apiVersion,
    kind,
    metadata: { ...(namespace && { namespace }), name, annotations, labels },
    roleRef: { apiGroup: group, kind: roleKind, name: role },
    ...(subjects.length > 0 && { subjects: subjects.map(subject) }),
  }
}

function subject(text: string): Subject {
  const name = text.slice(2)
  if (text.startsWith('u:')) return { apiGroup: group, kind: 'User', name }
  if (text.startsWith('g:')) return { apiGroup: group, kind: 'Group', name }
  const [namespace = '', account = ''] = name.split('/')
  return { kind: 'ServiceAccount', name: account, namespace }
}
