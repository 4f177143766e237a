// Whether labels satisfy a LabelSelector as objects hold it (not the text form of queries).

import type { LabelSelector, LabelSelectorRequirement } from '../api/types.gen.ts'

export type Labels = Readonly<Record<string, string>>

/** An empty selector matches everything; where absence means "nothing", the caller says so. */
export function matchesSelector(selector: LabelSelector, labels: Labels = {}): boolean {
  return (
    matchesLabels(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) => satisfies(requirement, labels))
  )
}

/** Whether every wanted label is there with the wanted value. */
export function matchesLabels(wanted: Labels, labels: Labels = {}): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false
  return true
}

function satisfies({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels) {
  const value = labels[key]
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
