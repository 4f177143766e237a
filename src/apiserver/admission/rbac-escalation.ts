// Nobody grants what they don't have: roles may hold only rules that their writer holds, bindings
// bind only roles that do, unless the verbs `escalate` and `bind` say otherwise. Upstream does this
// in the registry of these kinds, after the object was mutated.

import {
  asDraft,
  childOf,
  type Draft,
  type DraftOf,
  draftAs,
  isSameMeaning,
} from '../../api/draft.ts'
import type { ClusterRole, PolicyRule, RoleBinding } from '../../api/types.gen.ts'
import { describeRules, quotedList, uncovered } from '../rbac/coverage.ts'
import { notFound } from '../registry/errors.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  refusal,
} from './admission.ts'

const group = 'rbac.authorization.k8s.io'
const roles = ['clusterroles', 'roles']
const bindings = ['clusterrolebindings', 'rolebindings']
const unrestrictedGroup = 'system:masters'

export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  handles: ({ operation, resource: { entry }, subresource, user }) =>
    entry.group === group &&
    subresource === '' &&
    (operation === 'CREATE' || operation === 'UPDATE') &&
    !user.groups.includes(unrestrictedGroup),
  async mutate(request, support) {
    if (isForDeletionOnly(request)) return
    const { plural } = request.resource.entry
    if (roles.includes(plural)) checkRole(request, support)
    if (bindings.includes(plural)) await checkBinding(request, support)
  },
}

/** Owners and finalizers may change, so that garbage can be collected. */
function isForDeletionOnly({ object, old }: AdmissionRequest): boolean {
  if (!object || !old) return false
  const compared = (one: Draft) => {
    const {
      ownerReferences: _,
      finalizers: __,
      managedFields: ___,
      ...metadata
    } = childOf(one, 'metadata')
    return { ...one, metadata: { ...metadata, resourceVersion: '' } }
  }
  return isSameMeaning(compared(object), compared(asDraft(old)))
}

function checkRole(request: AdmissionRequest, support: AdmissionSupport): void {
  const { resource, namespace, old, user } = request
  const { plural } = resource.entry
  const name = old ? request.name : ''
  const asked = { verb: 'escalate', group, resource: plural, subresource: '', namespace, name }
  const mayEscalate = support.authorize?.(user, { ...asked, isResourceRequest: true, path: '' })
  if (mayEscalate?.allowed) return
  const role = draftAs<ClusterRole>(request.object ?? {})
  const oldRole = draftAs<ClusterRole>(asDraft(old ?? {}))
  confirmHeld((role.rules ?? []) as readonly PolicyRule[], request, support)
  if (!hasAggregation(role) && !hasAggregation(oldRole)) return
  if (uncovered(heldRules(request, support).rules, everything).length > 0) {
    throw refusal(request, 'must have cluster-admin privileges to use the aggregationRule')
  }
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

function hasAggregation({ aggregationRule }: DraftOf<ClusterRole>): boolean {
  return (aggregationRule?.clusterRoleSelectors ?? []).length > 0
}

async function checkBinding(request: AdmissionRequest, support: AdmissionSupport): Promise<void> {
  const { namespace, user } = request
  const {
    kind = '',
    name = '',
    apiGroup = '',
  } = draftAs<RoleBinding>(request.object ?? {}).roleRef ?? {}
  const isCluster = kind === 'ClusterRole'
  // Any other kind is invalid, which validation says better.
  if (!isCluster && kind !== 'Role') return
  const asked = {
    ...{ verb: 'bind', group: apiGroup, resource: isCluster ? 'clusterroles' : 'roles', name },
    ...{ subresource: '', namespace, isResourceRequest: true, path: '' },
  }
  if (support.authorize?.(user, asked).allowed) return
  const role = await support.cluster.get(kind, isCluster ? { name } : { namespace, name })
  if (!role) throw notFound({ group, plural: kind.toLowerCase() }, name)
  confirmHeld(role.rules ?? [], request, support)
}

function heldRules({ user, namespace }: AdmissionRequest, { rulesFor }: AdmissionSupport) {
  return rulesFor?.(user, namespace) ?? { rules: [], errors: [] }
}

function confirmHeld(
  wanted: readonly PolicyRule[],
  request: AdmissionRequest,
  support: AdmissionSupport,
): void {
  const { name, groups } = request.user
  const { rules, errors } = heldRules(request, support)
  const missing = uncovered(rules, wanted)
  if (missing.length === 0) return
  const unresolved = errors.length > 0 ? `; resolution errors: [${errors.join(', ')}]` : ''
  throw refusal(
    request,
    `user ${JSON.stringify(name)} (groups=${quotedList(groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}${unresolved}`,
  )
}
