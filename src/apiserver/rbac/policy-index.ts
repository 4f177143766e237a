// Roles and bindings as authorization needs them: from a user straight to the bindings that name it.
// In: changes of the four kinds. Out: the rules that hold for a user in a namespace, one by one.

import { keyOf, keyText } from '../../api/meta.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types.gen.ts'
import type { Change } from '../reader.ts'
import type { UserInfo } from '../request.ts'

type Binding = RoleBinding | ClusterRoleBinding

/** A rule and the sentence that says why it holds; `missing` when the role does not exist. */
export interface HeldRule {
  readonly rules: readonly PolicyRule[]
  readonly binding: Binding
  readonly subject: Subject
  readonly missing?: string
}

export interface PolicyIndex {
  changeRole(change: Change<Role | ClusterRole>): void
  changeBinding(change: Change<Binding>): void
  /** Cluster-wide bindings first, then those of the namespace. */
  held(user: UserInfo, namespace: string): Iterable<HeldRule>
  roleRules(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined
}

export function createPolicyIndex(): PolicyIndex {
  /** ClusterRoles by name, Roles by namespace/name. */
  const roles = new Map<string, readonly PolicyRule[]>()
  /** `namespace|subject` -> bindings by key; the namespace is empty for ClusterRoleBindings. */
  const bindings = new Map<string, Map<string, { binding: Binding; subject: Subject }>>()

  const eachSubject = (binding: Binding, visit: (slot: string, subject: Subject) => void) => {
    const namespace = binding.metadata.namespace ?? ''
    for (const subject of binding.subjects ?? [])
      visit(`${namespace}|${subjectText(subject, namespace)}`, subject)
  }
  const roleRules = (kind: string, namespace: string, name: string) =>
    roles.get(kind === 'ClusterRole' ? name : `${namespace}/${name}`)

  return {
    roleRules,
    changeRole({ previous, current }) {
      if (current) roles.set(keyText(keyOf(current)), current.rules ?? [])
      else if (previous) roles.delete(keyText(keyOf(previous)))
    },
    changeBinding({ previous, current }) {
      if (previous)
        eachSubject(previous, (slot) => {
          const held = bindings.get(slot)
          held?.delete(previous.metadata.name)
          if (held?.size === 0) bindings.delete(slot)
        })
      if (current)
        eachSubject(current, (slot, subject) => {
          const held = bindings.get(slot) ?? new Map()
          bindings.set(slot, held)
          held.set(current.metadata.name, { binding: current, subject })
        })
    },
    *held(user, namespace) {
      const subjects = [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]
      for (const scope of namespace ? ['', namespace] : [''])
        for (const subject of subjects)
          for (const found of bindings.get(`${scope}|${subject}`)?.values() ?? []) {
            const { kind, name } = found.binding.roleRef
            const rules = roleRules(kind, scope, name)
            yield rules
              ? { ...found, rules }
              : { ...found, rules: [], missing: missingRole(kind, name) }
          }
    },
  }
}

function missingRole(kind: string, name: string): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`
}

/** A ServiceAccount is the user its tokens name. */
function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  if (kind === 'Group') return `g:${name}`
  if (kind === 'ServiceAccount')
    return `u:system:serviceaccount:${namespace ?? bindingNamespace}:${name}`
  return `u:${name}`
}
