// What a policy has recorded about a request in the audit log: values in CEL, under the policy's name.

import type { ValidatingAdmissionPolicy } from '../../../api/types.gen.ts'
import { CelError } from '../../../cel/program.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { Bindings } from '../matching/cel-request.ts'
import { type Environment, run } from './environment.ts'

const mostBytes = 10 * 1024

/** By policy and key, what its bindings have to say; each value once. */
export type Annotations = Map<string, Set<string>>

/** Adds to `found`. Out: the failures of expressions, in words. */
export function collectAnnotations(
  policy: ValidatingAdmissionPolicy,
  { environment, bindings }: { readonly environment: Environment; readonly bindings: Bindings },
  found: Annotations,
): readonly string[] {
  const failures: string[] = []
  for (const { key, valueExpression } of policy.spec.auditAnnotations ?? []) {
    try {
      const value = run(environment.compile(valueExpression), bindings)
      const text = typeof value === 'string' ? value.trim() : ''
      if (text) add(found, `${policy.metadata.name}/${key}`, text.slice(0, mostBytes))
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failures.push(`expression '${valueExpression}' resulted in error: ${error.message}`)
    }
  }
  return failures
}

function add(found: Annotations, key: string, value: string): void {
  found.set(key, (found.get(key) ?? new Set<string>()).add(value))
}

export function publishAnnotations(found: Annotations, { annotate }: AdmissionRequest): void {
  for (const [key, values] of found) annotate?.(key, [...values].join(', '))
}
