// What ValidatingAdmissionPolicies tell the audit log of requests that they look at: the values of
// their auditAnnotations, under POLICY/KEY. An expression that fails fails the policy.

import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../api/types.gen.ts'
import { CelError } from '../../../cel/program.ts'
import { type Compiled, type Environment, run } from './environment.ts'
import type { Invocation } from './invocations.ts'

type Called = Invocation<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>

interface CompiledAnnotation {
  readonly key: string
  readonly program: Compiled
}

export interface AuditNotes {
  /** Takes what a policy has to say; returns what went wrong. */
  collect(called: Called): readonly string[]
  /** Values of several bindings of one policy, each once. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>
}

/** Upstream's limit of a value. */
const mostValueBytes = 10 * 1024

export function createAuditNotes(): () => AuditNotes {
  const remembered = new WeakMap<Environment, readonly CompiledAnnotation[]>()
  const compiledOf = ({ policy, environment }: Called) => {
    const known = remembered.get(environment)
    if (known) return known
    const made = (policy.spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key: `${policy.metadata.name}/${key}`,
      program: environment.compile(valueExpression),
    }))
    remembered.set(environment, made)
    return made
  }
  return () => {
    const values = new Map<string, Set<string>>()
    return {
      values,
      collect: (called) =>
        compiledOf(called).flatMap(({ key, program }) => {
          if (typeof called.bindings === 'string') return []
          try {
            const value = run(program, called.bindings)
            const text = typeof value === 'string' ? value.trim() : ''
            if (text !== '')
              values.set(key, (values.get(key) ?? new Set()).add(text.slice(0, mostValueBytes)))
            return []
          } catch (error) {
            if (!(error instanceof CelError)) throw error
            return [`failed to evaluate auditAnnotation ${JSON.stringify(key)}: ${error.message}`]
          }
        }),
    }
  }
}
