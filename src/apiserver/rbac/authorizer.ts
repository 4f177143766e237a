// Who may do what: the groups that may do anything, then RBAC. Decides from memory, never waits.

import type { PolicyRule, Subject } from '../../api/types.gen.ts'
import type { UserInfo } from '../request.ts'
import type { HeldRule, PolicyIndex } from './policy-index.ts'
import { type Attributes, ruleAllows } from './rules.ts'

export interface Decision {
  readonly allowed: boolean
  /** Why, in upstream's words; empty where it says nothing. */
  readonly reason: string
  readonly error?: string
}

export interface Authorizer {
  authorize(user: UserInfo, asked: Attributes): Decision
  /** Every rule that holds for the user in the namespace, for SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): { rules: readonly PolicyRule[]; errors: string[] }
}

const unrestrictedGroup = 'system:masters'

export function createAuthorizer(index: PolicyIndex): Authorizer {
  return {
    authorize(user, asked) {
      if (user.groups.includes(unrestrictedGroup)) return { allowed: true, reason: '' }
      const missing: string[] = []
      for (const held of index.held(user, asked.namespace)) {
        if (held.missing) missing.push(held.missing)
        if (held.rules.some((rule) => ruleAllows(rule, asked)))
          return { allowed: true, reason: `RBAC: allowed by ${describe(held)}` }
      }
      return missing.length === 0
        ? { allowed: false, reason: '' }
        : { allowed: false, reason: `RBAC: ${errorList(missing)}`, error: errorList(missing) }
    },
    rulesFor(user, namespace) {
      // A binding may name the user more than once.
      const all = [...index.held(user, namespace)].map((held) => [held.binding, held] as const)
      const held = [...new Map(all).values()]
      const errors = held.flatMap(({ missing }) => missing ?? [])
      return { rules: held.flatMap(({ rules }) => rules), errors }
    },
  }
}

/** Several errors in brackets, one as it is. */
function errorList(errors: readonly string[]): string {
  const distinct = [...new Set(errors)]
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
}

function describe({ binding, subject }: HeldRule): string {
  const { name, namespace } = binding.metadata
  const where = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`
  return `${where} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${describeSubject(subject)}`
}

function describeSubject({ kind, name, namespace }: Subject): string {
  return kind === 'ServiceAccount' ? `ServiceAccount "${name}/${namespace}"` : `${kind} "${name}"`
}
