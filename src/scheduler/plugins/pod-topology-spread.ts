// Spreads Pods over zones and nodes: by the Pod's own constraints, else softly by upstream's
// default ones for Pods that belong to a Service or a workload.

import { controllerOf } from '../../api/meta.ts'
import { matchesLabels, matchesSelector } from '../../api/selector/match.ts'
import { fitsNode } from '../../api/selector/node.ts'
import { isTolerated } from '../../api/tolerations.ts'
import type { LabelSelector, Pod, TopologySpreadConstraint } from '../../api/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import {
  type ClusterView,
  type CycleContext,
  type FilterPlugin,
  maxScore,
  rejected,
  rejectedFinally,
  type ScorePlugin,
} from '../plugin.ts'

const reason = "node(s) didn't match pod topology spread constraints"
const hostname = 'kubernetes.io/hostname'
const defaults = [
  { topologyKey: hostname, maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
] as const

export const podTopologySpread: FilterPlugin & ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,

  prepareFilter({ pod, snapshot }) {
    const hard = ownConstraints(pod).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
    )
    if (hard.length === 0) return undefined
    const eligible = snapshot.nodes.filter((info) => hasKeys(info, hard))
    const domains = hard.map((constraint) => {
      const counts = countByDomain(
        eligible.filter((info) => countsFor(constraint, pod, info)),
        constraint,
        pod,
      )
      const isFew = counts.size < (constraint.minDomains ?? 1)
      return { counts, least: isFew ? 0 : Math.min(...counts.values()) }
    })
    return (info) => {
      if (!hasKeys(info, hard)) return rejectedFinally(`${reason} (missing required label)`)
      const breaks = hard.some((constraint, index) => {
        const { counts, least } = domains[index] ?? { counts: new Map(), least: 0 }
        const here: number = counts.get(domainOf(info, constraint) ?? '') ?? 0
        const own = matches(constraint, pod, pod) ? 1 : 0
        return here + own - (Number.isFinite(least) ? least : 0) > constraint.maxSkew
      })
      return breaks ? rejected(reason) : undefined
    }
  },

  prepareScore({ pod, snapshot, cluster }: CycleContext, feasible) {
    const own = ownConstraints(pod)
    const isDefault = own.length === 0
    const soft = isDefault
      ? defaultConstraints(pod, cluster)
      : own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway')
    if (soft.length === 0) return undefined
    // With constraints of its own a node must have every label; with the defaults any will do.
    const isScored = (info: NodeInfo) => isDefault || hasKeys(info, soft)
    const scored = feasible.filter(isScored)
    const terms = soft.map((constraint) => {
      const domains = new Set(scored.flatMap((info) => domainOf(info, constraint) ?? []))
      const within = snapshot.nodes.filter((info) => {
        const domain = domainOf(info, constraint)
        return domain !== undefined && domains.has(domain) && countsFor(constraint, pod, info)
      })
      const size = constraint.topologyKey === hostname ? scored.length : domains.size
      const counts = countByDomain(within, constraint, pod)
      return { constraint, counts, weight: Math.log(size + 2) }
    })
    return {
      score(info) {
        if (!isScored(info)) return Number.NaN
        const sum = terms.reduce((total, { constraint, counts, weight }) => {
          const domain = domainOf(info, constraint)
          if (domain === undefined) return total
          return total + (counts.get(domain) ?? 0) * weight + (constraint.maxSkew - 1)
        }, 0)
        return Math.round(sum)
      },
      normalize(scores) {
        const known = scores.filter((score) => !Number.isNaN(score))
        const [least, most] = [Math.min(...known), Math.max(...known)]
        return scores.map((score) => {
          if (Number.isNaN(score)) return 0
          return most === 0 ? maxScore : Math.floor((maxScore * (most + least - score)) / most)
        })
      },
    }
  },
}

type Constraint = Pick<TopologySpreadConstraint, 'topologyKey' | 'maxSkew' | 'whenUnsatisfiable'> &
  Partial<TopologySpreadConstraint>

const ownConstraints = ({ spec }: Pod): readonly Constraint[] =>
  spec.topologySpreadConstraints ?? []

const domainOf = ({ node }: NodeInfo, { topologyKey }: Constraint) =>
  node.metadata.labels?.[topologyKey]

const hasKeys = (info: NodeInfo, constraints: readonly Constraint[]) =>
  constraints.every((constraint) => domainOf(info, constraint) !== undefined)

/** Whether the Pods of this node count: by default where the Pod itself could not go they do not. */
function countsFor(constraint: Constraint, pod: Pod, { node }: NodeInfo): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !fitsNode(pod, node)) return false
  if (constraint.nodeTaintsPolicy !== 'Honor') return true
  return (node.spec.taints ?? [])
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .every((taint) => isTolerated(taint, pod.spec.tolerations))
}

function matches(constraint: Constraint, pod: Pod, other: Pod): boolean {
  const { labelSelector, matchLabelKeys = [] } = constraint
  if (!labelSelector) return false
  const { labels = {} } = pod.metadata
  return (
    matchesSelector(labelSelector, other.metadata.labels) &&
    matchLabelKeys.every(
      (key) => labels[key] === undefined || labels[key] === other.metadata.labels?.[key],
    )
  )
}

function countByDomain(
  infos: readonly NodeInfo[],
  constraint: Constraint,
  pod: Pod,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const info of infos) {
    const domain = domainOf(info, constraint)
    if (domain === undefined) continue
    let count = counts.get(domain) ?? 0
    for (const other of info.pods.values()) {
      if (other.metadata.namespace !== pod.metadata.namespace) continue
      if (other.metadata.deletionTimestamp) continue
      if (matches(constraint, pod, other)) count += 1
    }
    counts.set(domain, count)
  }
  return counts
}

/** Upstream's cluster defaults, over whatever Service or workload selects the Pod. */
function defaultConstraints(pod: Pod, cluster: ClusterView): readonly Constraint[] {
  const labelSelector = defaultSelector(pod, cluster)
  return labelSelector ? defaults.map((constraint) => ({ ...constraint, labelSelector })) : []
}

function defaultSelector(pod: Pod, cluster: ClusterView): LabelSelector | undefined {
  const { namespace = '', labels } = pod.metadata
  const services = cluster
    .list('Service', namespace)
    .flatMap(({ spec }) =>
      spec.selector && matchesLabels(spec.selector, labels) ? [spec.selector] : [],
    )
  const owner = controllerOf(pod)
  const key = { namespace, name: owner?.name ?? '' }
  const ofOwner = ((): LabelSelector | undefined => {
    switch (owner?.kind) {
      case 'ReplicationController':
        return { matchLabels: cluster.get('ReplicationController', key)?.spec.selector ?? {} }
      case 'ReplicaSet':
        return cluster.get('ReplicaSet', key)?.spec.selector
      case 'StatefulSet':
        return cluster.get('StatefulSet', key)?.spec.selector
      default:
        return undefined
    }
  })()
  if (services.length === 0 && !ofOwner) return undefined
  return {
    matchLabels: Object.assign({}, ...services, ofOwner?.matchLabels),
    matchExpressions: ofOwner?.matchExpressions ?? [],
  }
}
