// Table of descriptions: who may do what, rbac.authorization.k8s.io/v1.

import type { DescriptionTable } from './description-table.ts'

const roleRef = 'The role that is granted. Cannot be changed.'
const subjects = 'Whom it is granted to.'

export const rbacDescriptions: DescriptionTable = {
  Role: ['What may be done in one namespace.', { rules: 'What is allowed, rule by rule.' }],
  ClusterRole: [
    'What may be done in the whole cluster, or in a namespace through a RoleBinding.',
    {
      aggregationRule: 'The rules are gathered from other ClusterRoles.',
      rules: 'What is allowed, rule by rule. Set by the system where aggregationRule is.',
    },
  ],
  AggregationRule: [
    'Which ClusterRoles rules are gathered from.',
    { clusterRoleSelectors: 'By their labels; one of these must fit.' },
  ],
  PolicyRule: [
    'Something that is allowed: these verbs on these resources or paths.',
    {
      apiGroups: 'API groups of the resources: "" is the core group, * every one.',
      nonResourceURLs: 'Paths that are no resources; a * may end them. Only in a ClusterRole.',
      resourceNames: 'Names of objects. Empty means every one.',
      resources: 'Resources, such as pods or pods/log; * is every one.',
      verbs:
        'get, list, watch, create, update, patch, delete, deletecollection and others; * is every one.',
    },
  ],
  RoleBinding: ['Grants a role in one namespace.', { roleRef, subjects }],
  ClusterRoleBinding: ['Grants a ClusterRole in the whole cluster.', { roleRef, subjects }],
  RoleRef: [
    'A role.',
    {
      apiGroup: 'rbac.authorization.k8s.io.',
      kind: 'Role or ClusterRole.',
      name: 'Name of the role.',
    },
  ],
  Subject: [
    'A user, a group or a ServiceAccount.',
    {
      apiGroup: 'rbac.authorization.k8s.io for users and groups, empty for a ServiceAccount.',
      kind: 'User, Group or ServiceAccount.',
      name: 'Its name.',
      namespace: 'Namespace of a ServiceAccount.',
    },
  ],
}
