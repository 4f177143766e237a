// Match conditions: expressions all of which must be true for a webhook or policy to apply.

import type { MatchCondition } from '../../../api/types.gen.ts'
import { compileCel, issuesText } from '../../../cel/cel.ts'
import { CelError, type Declarations, type Program } from '../../../cel/program.ts'
import type { Bindings } from './cel-request.ts'

/** As upstream bounds one expression. */
export const costPerExpression = 10_000_000

export interface CompiledCondition {
  readonly condition: MatchCondition
  /** Or why the expression can't be run. */
  readonly program: Program | string
}

export function compileConditions(
  conditions: readonly MatchCondition[] = [],
  declarations: Declarations,
): CompiledCondition[] {
  return conditions.map((condition) => {
    const compiled = compileCel(condition.expression, declarations)
    const program =
      'errors' in compiled ? `compilation failed: ${issuesText(compiled.errors)}` : compiled
    return { condition, program }
  })
}

export interface ConditionsOutcome {
  readonly isMatch: boolean
  /** Only where no condition was plainly false. */
  readonly error?: string
}

export function evaluateConditions(
  conditions: readonly CompiledCondition[],
  bindings: () => Bindings,
): ConditionsOutcome {
  const errors: string[] = []
  for (const { condition, program } of conditions) {
    try {
      if (typeof program === 'string') throw new CelError(program)
      if (program.evaluate(bindings(), { costLimit: costPerExpression }) !== true) {
        return { isMatch: false }
      }
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      errors.push(`expression '${condition.expression}' resulted in error: ${error.message}`)
    }
  }
  if (errors.length === 0) return { isMatch: true }
  return {
    isMatch: false,
    error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`,
  }
}
