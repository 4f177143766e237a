// Label selectors: as text (`app in (a,b),!old`), as LabelSelector objects, and what they match.
// Source of the rules and words: apimachinery's labels package.

import { labelValueProblems, qualifiedNameProblems } from '../validation/names.ts'
import {
  type LabelOperator,
  type LabelRequirement,
  readLabelTerms,
  SelectorError,
} from './label-text.ts'

export type { LabelOperator, LabelRequirement }
export { SelectorError }

/** All must hold. `nothing` matches no object (a missing LabelSelector). */
export type LabelSelectorRules = readonly LabelRequirement[] | 'nothing'
export type Labels = Readonly<Record<string, string | undefined>>

/** LabelSelector as it stands in objects; fields may be missing. */
export interface LabelSelectorLike {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?:
    | readonly {
        readonly key?: string | undefined
        readonly operator?: string | undefined
        readonly values?: readonly string[] | undefined
      }[]
    | undefined
}

/** Throws SelectorError. The empty text selects everything. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  return sortedByKey(
    readLabelTerms(text).map((term) => requirement(term.key, term.operator, term.values)),
  )
}

function sortedByKey(requirements: readonly LabelRequirement[]): readonly LabelRequirement[] {
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/** A LabelSelector object's rules: none of them is everything, no object is nothing. */
export function rulesOfLabelSelector(
  selector: LabelSelectorLike | null | undefined,
): LabelSelectorRules {
  if (!selector) return 'nothing'
  const byLabel = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement(key, '=', [value ?? '']),
  )
  const byExpression = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    requirement(key ?? '', operatorOf(operator ?? ''), values ?? []),
  )
  return sortedByKey([...byLabel, ...byExpression])
}

/** Rules for a plain map of labels (Service, ReplicationController): all of them must be there. */
export function rulesOfLabels(labels: Labels | null | undefined): readonly LabelRequirement[] {
  return Object.entries(labels ?? {}).map(([key, value]) => requirement(key, '=', [value ?? '']))
}

function operatorOf(operator: string): LabelOperator {
  const known: Readonly<Record<string, LabelOperator>> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
  }
  const found = known[operator]
  if (!found) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
  return found
}

export function matchesLabels(rules: LabelSelectorRules, labels: Labels | undefined): boolean {
  if (rules === 'nothing') return false
  return rules.every((rule) => holds(rule, labels ?? {}))
}

/** The rules of a selector that may be broken; undefined when it is. */
export function rulesIfValid(
  selector: LabelSelectorLike | null | undefined,
): LabelSelectorRules | undefined {
  try {
    return rulesOfLabelSelector(selector)
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

/** True when a LabelSelector object matches; a missing one matches nothing. */
export function labelSelectorMatches(
  selector: LabelSelectorLike | null | undefined,
  labels: Labels | undefined,
): boolean {
  return matchesLabels(rulesOfLabelSelector(selector), labels)
}

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
      return isWhole(value) && BigInt(value) > BigInt(values[0] ?? '0')
    case 'lt':
      return isWhole(value) && BigInt(value) < BigInt(values[0] ?? '0')
  }
}

function isWhole(value: string | undefined): value is string {
  return value !== undefined && /^[+-]?[0-9]+$/.test(value)
}

/** The text of a selector, as upstream writes it: sorted by key, `k in (a,b)`. */
export function labelSelectorText(rules: readonly LabelRequirement[]): string {
  return rules.map(requirementText).join(',')
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case '=':
    case '!=':
      return `${key}${operator}${list}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
  }
}

/** Checks as upstream's NewRequirement does. */
function requirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): LabelRequirement {
  const problems = [
    ...keyProblems('key', key),
    ...valueCountProblems(operator, values),
    ...values.flatMap((value, index) => valueProblems(`values[${index}][${key}]`, value)),
  ]
  if (problems.length === 1) throw new SelectorError(problems[0])
  if (problems.length > 1) throw new SelectorError(`[${problems.join(', ')}]`)
  return { key, operator, values }
}

function keyProblems(field: string, key: string): string[] {
  const problems = qualifiedNameProblems(key)
  return problems.length === 0
    ? []
    : [`${field}: Invalid value: ${quote(key)}: ${problems.join('; ')}`]
}

function valueProblems(field: string, value: string): string[] {
  const problems = labelValueProblems(value)
  return problems.length === 0
    ? []
    : [`${field}: Invalid value: ${quote(value)}: ${problems.join('; ')}`]
}

function valueCountProblems(operator: LabelOperator, values: readonly string[]): string[] {
  const shown = `values: Invalid value: ${JSON.stringify(values)}`
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    return [`${shown}: for 'in', 'notin' operators, values set can't be empty`]
  }
  if ((operator === '=' || operator === '!=') && values.length !== 1) {
    return [`${shown}: exact-match compatibility requires one single value`]
  }
  if ((operator === 'exists' || operator === '!') && values.length !== 0) {
    return [`${shown}: values set must be empty for exists and does not exist`]
  }
  if (operator !== 'gt' && operator !== 'lt') return []
  if (values.length !== 1) {
    return [`${shown}: for 'Gt', 'Lt' operators, exactly one value is required`]
  }
  return isWhole(values[0])
    ? []
    : [
        `values[0]: Invalid value: ${quote(values[0] ?? '')}: for 'Gt', 'Lt' operators, the value must be an integer`,
      ]
}

function quote(text: string): string {
  return JSON.stringify(text)
}
