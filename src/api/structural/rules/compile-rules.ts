// The rules of one schema, compiled: programs, or why there are none, in upstream's words.

import { compileCel, issuesText } from '../../../cel/cel.ts'
import type { Declarations, Program } from '../../../cel/program.ts'
import { optionalOf } from '../../../cel/types.ts'
import type { ValidationRule } from '../../types.gen.ts'
import type { Schema } from '../schema.ts'
import { followPath } from './rule-path.ts'
import { type SchemaType, sizeAt } from './schema-type.ts'

export interface CompiledRule {
  readonly rule: ValidationRule
  /** Absent where there is an error, or nothing to run. */
  readonly program?: Program
  readonly error?: string
  readonly message?: Program
  readonly messageError?: string
  /** What it says depends on what was there before. */
  readonly usesOldSelf: boolean
  /** Where below the schema's value errors are; '' for the value itself. */
  readonly path: string
}

export function rulesOf(schema: Schema): readonly ValidationRule[] {
  return schema['x-kubernetes-validations'] ?? []
}

/** With `isPriced` programs know what they cost at most. */
export function compileRules(schema: Schema, type: SchemaType, isPriced = false): CompiledRule[] {
  const sizes = isPriced ? { sizeAt: (path: readonly string[]) => sizeAt(type, path) } : {}
  return rulesOf(schema).map((rule) => compileRule(rule, { schema, type, sizes }))
}

interface RuleContext {
  readonly schema: Schema
  readonly type: SchemaType
  readonly sizes: Pick<Declarations, 'sizeAt'>
}

function compileRule(rule: ValidationRule, { schema, type, sizes }: RuleContext): CompiledRule {
  const { cel } = type
  const nothing = { rule, usesOldSelf: false, path: '' }
  if ((rule.rule ?? '').trim() === '') return nothing
  const oldSelf = rule.optionalOldSelf ? optionalOf(cel) : cel
  const declarations = { ...sizes, variables: { self: cel, oldSelf } }
  const compiled = compileTo('bool', rule.rule, declarations)
  if (typeof compiled === 'string') return { ...nothing, error: ruleErrorText(compiled) }
  const found = rule.fieldPath ? followPath(rule.fieldPath, schema) : undefined
  const whole = {
    rule,
    program: compiled,
    usesOldSelf: compiled.references.has('oldSelf'),
    path: typeof found === 'object' ? found.path : '',
  }
  if (!rule.messageExpression) return whole
  const message = compileTo('string', rule.messageExpression, declarations)
  return typeof message === 'string'
    ? { ...whole, messageError: messageErrorText(message) }
    : { ...whole, message }
}

/** The program, or all that is wrong with it; '' where it yields another type. */
function compileTo(
  kind: 'bool' | 'string',
  expression: string,
  declarations: Declarations,
): Program | string {
  const compiled = compileCel(expression, declarations)
  if ('errors' in compiled) return issuesText(compiled.errors)
  return compiled.resultType.kind === kind ? compiled : ''
}

function ruleErrorText(issues: string): string {
  return issues ? `compilation failed: ${issues}` : 'cel expression must evaluate to a bool'
}

function messageErrorText(issues: string): string {
  if (!issues) return 'messageExpression must evaluate to a string'
  return `messageExpression compilation failed: ${issues}`
}
