// Whether a node should run a daemon's Pod: what the scheduler would say of node, taints and
// affinity, without looking at what else runs there.

import type {
  Node,
  NodeSelectorRequirement,
  PodSpec,
  Taint,
  Toleration,
} from '../../api/types.gen.ts'
import { matchesLabels } from '../../client/label-match.ts'

export interface Fit {
  /** A Pod should be made there. */
  readonly shouldRun: boolean
  /** A Pod that is there may stay. */
  readonly mayStay: boolean
}

const prefix = 'node.kubernetes.io/'

/** What every daemon tolerates, so that nodes in trouble keep their daemons. */
export function daemonTolerations({ hostNetwork }: PodSpec): readonly Toleration[] {
  const tolerated = (key: string, effect: Taint['effect']): Toleration => ({
    key: `${prefix}${key}`,
    operator: 'Exists',
    effect,
  })
  return [
    tolerated('not-ready', 'NoExecute'),
    tolerated('unreachable', 'NoExecute'),
    tolerated('disk-pressure', 'NoSchedule'),
    tolerated('memory-pressure', 'NoSchedule'),
    tolerated('pid-pressure', 'NoSchedule'),
    tolerated('unschedulable', 'NoSchedule'),
    ...(hostNetwork ? [tolerated('network-unavailable', 'NoSchedule')] : []),
  ]
}

export function fitOf(node: Node, spec: PodSpec): Fit {
  const isMeant = (!spec.nodeName || spec.nodeName === node.metadata.name) && isSelected(node, spec)
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(spec)]
  const untolerated = (node.spec.taints ?? []).filter(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  )
  return {
    shouldRun: isMeant && untolerated.length === 0,
    mayStay: isMeant && untolerated.every(({ effect }) => effect !== 'NoExecute'),
  }
}

function tolerates({ key, operator, value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (Boolean(key) && value === (taint.value ?? ''))
}

function isSelected(node: Node, { nodeSelector = {}, affinity }: PodSpec): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const { labels = {}, name } = node.metadata
  return (
    matchesLabels(nodeSelector, labels) &&
    (!required ||
      required.nodeSelectorTerms.some(
        ({ matchExpressions = [], matchFields = [] }) =>
          matchExpressions.length + matchFields.length > 0 &&
          matchExpressions.every((each) => holds(each, labels[each.key])) &&
          matchFields.every((each) => holds(each, each.key === 'metadata.name' ? name : undefined)),
      ))
  )
}

function holds(
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
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
  }
}
