// Node selectors: terms of which one must hold, each with requirements that all must.

import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
} from '../api/types.gen.ts'
import { matchesLabels } from '../client/label-match.ts'

/** spec.nodeSelector and the required node affinity. */
export function fitsNode({ spec }: Pod, node: Node): boolean {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return (
    matchesLabels(spec.nodeSelector ?? {}, node.metadata.labels) &&
    (!required || matchesNodeSelector(required, node))
  )
}

export function matchesNodeSelector({ nodeSelectorTerms }: NodeSelector, node: Node): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

/** A term without any requirement matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Node,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) =>
      satisfies(requirement, metadata.labels?.[requirement.key]),
    ) &&
    matchFields.every((requirement) =>
      satisfies(requirement, requirement.key === 'metadata.name' ? metadata.name : undefined),
    )
  )
}

function satisfies(
  { operator, values = [] }: NodeSelectorRequirement,
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
    case 'Gt':
    case 'Lt':
      return isBeyond(operator, value, values[0])
  }
}

function isBeyond(operator: 'Gt' | 'Lt', value: string | undefined, limit: string | undefined) {
  const integer = /^-?\d+$/
  if (value === undefined || limit === undefined) return false
  if (!integer.test(value) || !integer.test(limit)) return false
  return operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit)
}
