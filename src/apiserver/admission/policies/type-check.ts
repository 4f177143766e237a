// Whether the expressions of a ValidatingAdmissionPolicy fit the kinds it is about: what would fail
// for some of them, as warnings in the policy's status. Never keeps a policy from working.

import type {
  ExpressionWarning,
  NamedRuleWithOperations,
  ValidatingAdmissionPolicy,
} from '../../../api/types.gen.ts'
import { compileCel, issuesText } from '../../../cel/cel.ts'
import type { CelType } from '../../../cel/types.ts'
import { createEnvironment, type KnownTypes } from './environment.ts'

/** A kind and its type; the type is undefined where nobody knows it. */
export interface CheckedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly type: CelType | undefined
}

export interface KindTypes {
  ofResource(group: string, version: string, plural: string): CheckedKind | undefined
  ofKind(apiVersion: string, kind: string): CheckedKind | undefined
}

const mostKinds = 10

export function expressionWarnings(
  { spec }: ValidatingAdmissionPolicy,
  types: KindTypes,
): readonly ExpressionWarning[] {
  const kinds = kindsOf(spec.matchConstraints?.resourceRules ?? [], types)
  const { apiVersion = '', kind = '' } = spec.paramKind ?? {}
  const params = spec.paramKind && types.ofKind(apiVersion, kind)?.type
  const check = (expression: string | undefined) =>
    expression === undefined || expression === ''
      ? []
      : kinds.flatMap((one) => {
          const typed = { object: one.type, params, hasParams: spec.paramKind !== undefined }
          const issues = issuesOf(expression, spec.variables ?? [], typed)
          return issues === undefined ? [] : [`${kindText(one)}: ${issues}\n`]
        })
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...warningOf(`spec.validations[${index}].expression`, check(expression)),
    ...warningOf(`spec.validations[${index}].messageExpression`, check(messageExpression)),
  ])
}

function warningOf(fieldRef: string, found: readonly string[]): readonly ExpressionWarning[] {
  return found.length > 0 ? [{ fieldRef, warning: found.join('\n') }] : []
}

type Variables = NonNullable<ValidatingAdmissionPolicy['spec']['variables']>

function issuesOf(expression: string, variables: Variables, typed: KnownTypes): string | undefined {
  const compiled = compileCel(expression, createEnvironment(variables, typed).declarations)
  return 'errors' in compiled ? issuesText(compiled.errors) : undefined
}

/** Rules with wildcards are about kinds that nobody can list. */
function kindsOf(
  rules: readonly NamedRuleWithOperations[],
  types: KindTypes,
): readonly CheckedKind[] {
  const found = new Map<string, CheckedKind>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((text) => text.includes('*'))) continue
    for (const group of apiGroups.toSorted())
      for (const version of apiVersions.toSorted())
        for (const plural of resources.filter((text) => !/[*/]/.test(text)).toSorted()) {
          const kind = types.ofResource(group, version, plural)
          if (kind?.type && found.size < mostKinds) found.set(kindText(kind), kind)
        }
  }
  return [...found.values()].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}

function orderOf({ group, version, kind }: CheckedKind): string {
  return [group, version, kind].join('\0')
}

/** As Go writes a GroupVersionKind. */
function kindText({ group, version, kind }: CheckedKind): string {
  return `${group ? `${group}/` : '/'}${version}, Kind=${kind}`
}
