// Configurations of admission are refused when an expression does not compile or yields the wrong
// type.

import { type FieldError, invalid, toInvalid } from '../../../api/field-error.ts'
import { compileCel, issuesText } from '../../../cel/cel.ts'
import type { Declarations } from '../../../cel/program.ts'
import type { CelType } from '../../../cel/types.ts'
import { listAt, textAt, valueAt } from '../../registry/api-object.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { requestDeclarations } from '../matching/cel-request.ts'
import { isExempt } from '../matching/rules.ts'
import { createEnvironment } from './environment.ts'

export const checkExpressions: AdmissionPlugin = {
  name: 'AdmissionExpressions',
  handles: (request) =>
    isExempt(request) && request.object !== undefined && request.subresource === '',
  validate({ resource, name, object }) {
    const errors = [...conditionsOfWebhooks(object), ...policyErrors(object)]
    if (errors.length > 0) throw toInvalid(resource.entry, name, errors)
  },
}

function conditionsOfWebhooks(object: unknown): FieldError[] {
  return listAt(object, 'webhooks').flatMap((webhook, at) =>
    conditionErrors(webhook, `webhooks[${at}]`, requestDeclarations),
  )
}

function policyErrors(object: unknown): FieldError[] {
  const spec = valueAt(object, 'spec')
  const variables = listAt(spec, 'variables').map((variable) => ({
    name: textAt(variable, 'name') ?? '',
    expression: textAt(variable, 'expression') ?? '',
  }))
  const hasParams = valueAt(spec, 'paramKind') !== undefined
  const { declarations } = createEnvironment(variables, { hasParams })
  const check = (one: unknown, field: string, ...path: string[]) => {
    const [kinds, ...steps] = path
    const at = [field, ...steps].join('.')
    return expressionErrors(textAt(one, ...steps), at, { declarations, kinds: kinds ?? '' })
  }
  return [
    ...listAt(spec, 'variables').flatMap((one, at) =>
      check(one, `spec.variables[${at}]`, '', 'expression'),
    ),
    ...conditionErrors(spec, 'spec', declarations),
    ...listAt(spec, 'validations').flatMap((one, at) => [
      ...check(one, `spec.validations[${at}]`, 'bool', 'expression'),
      ...check(one, `spec.validations[${at}]`, 'string', 'messageExpression'),
    ]),
    ...listAt(spec, 'auditAnnotations').flatMap((one, at) =>
      check(one, `spec.auditAnnotations[${at}]`, 'string or null_type', 'valueExpression'),
    ),
    ...listAt(spec, 'mutations').flatMap((one, at) => [
      ...check(one, `spec.mutations[${at}]`, 'object', 'applyConfiguration', 'expression'),
      ...check(one, `spec.mutations[${at}]`, 'list', 'jsonPatch', 'expression'),
    ]),
  ]
}

function conditionErrors(of: unknown, field: string, declarations: Declarations): FieldError[] {
  return listAt(of, 'matchConditions').flatMap((condition, at) =>
    expressionErrors(
      textAt(condition, 'expression'),
      `${field}.matchConditions[${at}].expression`,
      { declarations, kinds: 'bool' },
    ),
  )
}

interface Expected {
  readonly declarations: Declarations
  /** Kinds of types it may yield; '' for any. */
  readonly kinds: string
}

function expressionErrors(
  expression: string | undefined,
  field: string,
  { declarations, kinds }: Expected,
): FieldError[] {
  if (expression === undefined) return []
  const compiled = compileCel(expression, declarations)
  if ('errors' in compiled) {
    return [invalid(field, expression, `compilation failed: ${issuesText(compiled.errors)}`)]
  }
  if (yields(compiled.resultType, kinds)) return []
  return [invalid(field, expression, `must evaluate to ${kinds}`)]
}

function yields({ kind }: CelType, kinds: string): boolean {
  return kinds === '' || kind === 'dyn' || kinds.split(' or ').includes(kind)
}
