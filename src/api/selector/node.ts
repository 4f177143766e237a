// Node selectors: terms of which one must hold, each with requirements that all must.

import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
} from '../types.gen.ts'
import { holdsFor, matchesLabels } from './match.ts'

/** What selectors ask of a node: its name and labels. */
type Labelled = Pick<Node, 'metadata'>

/** spec.nodeSelector and the required node affinity. */
export function fitsNode({ spec }: { readonly spec: PodSpec }, node: Labelled): boolean {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return (
    matchesLabels(spec.nodeSelector ?? {}, node.metadata.labels) &&
    (!required || matchesNodeSelector(required, node))
  )
}

export function matchesNodeSelector({ nodeSelectorTerms }: NodeSelector, node: Labelled): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

/** A term without any requirement matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Labelled,
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

function satisfies(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const { operator, values = [] } = requirement
  return operator === 'Gt' || operator === 'Lt'
    ? isBeyond(operator, value, values[0])
    : holdsFor(requirement, value)
}

function isBeyond(operator: 'Gt' | 'Lt', value: string | undefined, limit: string | undefined) {
  const integer = /^-?\d+$/
  if (value === undefined || limit === undefined) return false
  if (!integer.test(value) || !integer.test(limit)) return false
  return operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit)
}
