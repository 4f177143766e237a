// Rules of a schema where an object is written: run once everything they rely on is known to be
// sound. Errors of what did not change become warnings.

import type { Draft } from '../../api/draft.ts'
import { type FieldError, type FieldErrorType, invalid } from '../../api/field-error.ts'
import type { CompiledSchema } from '../../api/structural/compiled-schema.ts'

export interface RuleCheck {
  /** The errors found so far, and those of rules. `previous` is absent where an object is new. */
  (next: Draft, previous: Draft | undefined, errors: readonly FieldError[]): FieldError[]
  /** Of the object that was checked. */
  warningsOf(next: Draft): readonly string[]
}

/** Rules could come upon values that are not what the schema says. */
const blocking: ReadonlySet<FieldErrorType> = new Set([
  'NotSupported',
  'Required',
  'TooLong',
  'TooMany',
  'TypeInvalid',
])

const notChecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

export function createRuleCheck({ runRules, hasRules }: CompiledSchema): RuleCheck {
  const warnings = new WeakMap<Draft, readonly string[]>()
  function check(next: Draft, previous: Draft | undefined, errors: readonly FieldError[]) {
    if (!hasRules) return [...errors]
    if (errors.some(({ type }) => blocking.has(type))) {
      return [...errors, invalid('<nil>', null, notChecked)]
    }
    const outcome = runRules(next, { previous, isRatcheting: previous !== undefined })
    warnings.set(next, outcome.warnings)
    return [...errors, ...outcome.errors]
  }
  return Object.assign(check, { warningsOf: (next: Draft) => warnings.get(next) ?? [] })
}
