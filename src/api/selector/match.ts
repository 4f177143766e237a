// Whether labels satisfy a LabelSelector as objects hold it (not the text form of queries).

import type { LabelSelector } from '../types.gen.ts'

export type Labels = Readonly<Record<string, string>>

/** An empty selector matches everything; where absence means "nothing", the caller says so. */
export function matchesSelector(selector: LabelSelector, labels: Labels = {}): boolean {
  return (
    matchesLabels(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) =>
      holdsFor(requirement, labels[requirement.key]),
    )
  )
}

/** Whether every wanted label is there with the wanted value. */
export function matchesLabels(wanted: Labels, labels: Labels = {}): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false
  return true
}

/** The four operators that label selectors and node selectors share. */
export function holdsFor(
  { operator, values = [] }: { readonly operator: string; readonly values?: readonly string[] },
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
