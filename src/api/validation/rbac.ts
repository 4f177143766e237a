// Roles and their bindings.

import type { DraftOf } from '../draft.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { rulesIfValid } from '../selector/label.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../types.gen.ts'
import { each, fixedErrors, formErrors, labelSelectorErrors, when } from './checks.ts'
import { child } from './field-path.ts'
import { dnsSubdomainProblems, pathSegmentProblems } from './names.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

export function roleErrors({ rules }: DraftOf<Role>): FieldError[] {
  return each(rules, 'rules', (rule, place) => ruleErrors(rule, place, { isNamespaced: true }))
}

export function clusterRoleErrors({ rules, aggregationRule }: DraftOf<ClusterRole>): FieldError[] {
  const selectors = aggregationRule?.clusterRoleSelectors
  const path = 'aggregationRule.clusterRoleSelectors'
  return [
    ...each(rules, 'rules', (rule, place) => ruleErrors(rule, place, { isNamespaced: false })),
    ...when(
      aggregationRule && !selectors?.length,
      required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'),
    ),
    ...each(selectors, path, (selector, place) => [
      ...labelSelectorErrors(selector, place),
      ...when(!rulesIfValid(selector), invalid(place, selector, 'invalid label selector.')),
    ]),
  ]
}

function ruleErrors(
  rule: DraftOf<PolicyRule>,
  path: string,
  { isNamespaced }: { readonly isNamespaced: boolean },
): FieldError[] {
  const { verbs, nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule
  const missing = required(child(path, 'verbs'), 'verbs must contain at least one value')
  const isMixed = apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0
  if (nonResourceURLs.length > 0) {
    const place = child(path, 'nonResourceURLs')
    return [
      ...when(!verbs?.length, missing),
      ...when(
        isNamespaced,
        invalid(place, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'),
      ),
      ...when(
        isMixed,
        invalid(
          place,
          nonResourceURLs,
          'rules cannot apply to both regular resources and non-resource URLs',
        ),
      ),
    ]
  }
  return [
    ...when(!verbs?.length, missing),
    ...when(
      apiGroups.length === 0,
      required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'),
    ),
    ...when(
      resources.length === 0,
      required(child(path, 'resources'), 'resource rules must supply at least one resource'),
    ),
  ]
}

export function roleBindingErrors(binding: DraftOf<RoleBinding>): FieldError[] {
  return bindingErrors(binding, { kinds: ['Role', 'ClusterRole'], isNamespaced: true })
}

export function clusterRoleBindingErrors(binding: DraftOf<ClusterRoleBinding>): FieldError[] {
  return bindingErrors(binding, { kinds: ['ClusterRole'], isNamespaced: false })
}

interface BindingRules {
  readonly kinds: readonly string[]
  readonly isNamespaced: boolean
}

function bindingErrors(
  { roleRef, subjects }: DraftOf<RoleBinding> | DraftOf<ClusterRoleBinding>,
  { kinds, isNamespaced }: BindingRules,
): FieldError[] {
  const { apiGroup = '', kind = '', name } = roleRef ?? {}
  return [
    ...when(apiGroup !== rbacGroup, notSupported('roleRef.apiGroup', apiGroup, [rbacGroup])),
    ...when(!kinds.includes(kind), notSupported('roleRef.kind', kind, kinds)),
    ...(name ? formErrors(name, 'roleRef.name', pathSegmentProblems) : [required('roleRef.name')]),
    ...each(subjects, 'subjects', (subject, place) => subjectErrors(subject, place, isNamespaced)),
  ]
}

function subjectErrors(
  subject: DraftOf<Subject>,
  path: string,
  isNamespaced: boolean,
): FieldError[] {
  const { kind = '', name, apiGroup = '', namespace } = subject
  const group = child(path, 'apiGroup')
  const errors = when(!name, required(child(path, 'name')))
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...errors,
        ...(name ? formErrors(name, child(path, 'name'), dnsSubdomainProblems) : []),
        ...when(apiGroup !== '', notSupported(group, apiGroup, [''])),
        ...when(!isNamespaced && !namespace, required(child(path, 'namespace'))),
      ]
    case 'User':
    case 'Group':
      return [
        ...errors,
        ...when(apiGroup !== rbacGroup, notSupported(group, apiGroup, [rbacGroup])),
      ]
    default:
      return [
        ...errors,
        notSupported(child(path, 'kind'), kind, ['ServiceAccount', 'User', 'Group']),
      ]
  }
}

type Binding = Pick<DraftOf<RoleBinding>, 'roleRef'>

/** Who holds a role may change; which role it is may not. */
export function bindingUpdateErrors(next: Binding, previous: Binding): FieldError[] {
  const isSame = fixedErrors(next.roleRef, previous.roleRef, 'roleRef').length === 0
  return when(!isSame, invalid('roleRef', next.roleRef, 'cannot change roleRef'))
}
