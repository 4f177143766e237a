// Puts Pods near the Pods they want to be near, away from those they want to be away from, and
// away from Pods that want to be away from them.

import { matchesSelector } from '../../api/selector/match.ts'
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import {
  type ClusterView,
  type FilterPlugin,
  maxScore,
  rejected,
  rejectedFinally,
  type ScorePlugin,
} from '../plugin.ts'

export const interPodAffinity: FilterPlugin & ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,

  prepareFilter({ pod, snapshot, cluster }) {
    const affinity = required(pod.spec.affinity?.podAffinity)
    const antiAffinity = required(pod.spec.affinity?.podAntiAffinity)
    const everyPod = snapshot.nodes.flatMap((info) =>
      [...info.pods.values()].map((other) => ({ other, info })),
    )
    const near = affinity.map((term) => ({
      term,
      domains: new Set(
        everyPod
          .filter(({ other }) => isMeant(term, pod, other, cluster))
          .flatMap(({ info }) => domainOf(info, term) ?? []),
      ),
    }))
    const far = antiAffinity.map((term) => ({
      term,
      domains: new Set(
        everyPod
          .filter(({ other }) => isMeant(term, pod, other, cluster))
          .flatMap(({ info }) => domainOf(info, term) ?? []),
      ),
    }))
    // Topologies in which a Pod already there refuses this one.
    const refused = new Set(
      everyPod.flatMap(({ other, info }) =>
        required(other.spec.affinity?.podAntiAffinity)
          .filter((term) => isMeant(term, other, pod, cluster))
          .flatMap((term) => topology(info, term) ?? []),
      ),
    )
    if (near.length + far.length + refused.size === 0) return undefined
    // The first Pod of a group that wants to be near itself may go anywhere.
    const isFirst =
      near.every(({ domains }) => domains.size === 0) &&
      affinity.every((term) => isMeant(term, pod, pod, cluster))
    return (info) => {
      const isNear = near.every(({ term, domains }) => {
        const domain = domainOf(info, term)
        return domain !== undefined && (isFirst || domains.has(domain))
      })
      if (!isNear) return rejectedFinally("node(s) didn't match pod affinity rules")
      const isFar = far.every(({ term, domains }) => !domains.has(domainOf(info, term) ?? ''))
      if (!isFar) return rejected("node(s) didn't match pod anti-affinity rules")
      const labels = Object.entries(info.node.metadata.labels ?? {})
      if (refused.size > 0 && labels.some(([key, value]) => refused.has(`${key}=${value}`))) {
        return rejected("node(s) didn't satisfy existing pods anti-affinity rules")
      }
      return undefined
    }
  },

  prepareScore({ pod, snapshot, cluster }) {
    const scores = new Map<string, number>()
    const add = (info: NodeInfo, term: PodAffinityTerm, weight: number) => {
      const place = topology(info, term)
      if (place !== undefined) scores.set(place, (scores.get(place) ?? 0) + weight)
    }
    const own = weighted(pod)
    for (const info of snapshot.nodes) {
      for (const other of info.pods.values()) {
        for (const { podAffinityTerm: term, weight } of own) {
          if (isMeant(term, pod, other, cluster)) add(info, term, weight)
        }
        // What the Pods there would like counts as well, and what they require a little.
        const theirs = [
          ...weighted(other),
          ...required(other.spec.affinity?.podAffinity).map((podAffinityTerm) => ({
            podAffinityTerm,
            weight: 1,
          })),
        ]
        for (const { podAffinityTerm: term, weight } of theirs) {
          if (isMeant(term, other, pod, cluster)) add(info, term, weight)
        }
      }
    }
    if (scores.size === 0) return undefined
    return {
      score: ({ node }) =>
        Object.entries(node.metadata.labels ?? {}).reduce(
          (sum, [key, value]) => sum + (scores.get(`${key}=${value}`) ?? 0),
          0,
        ),
      normalize(raw) {
        const [least, most] = [Math.min(...raw), Math.max(...raw)]
        return raw.map((score) =>
          most === least ? 0 : Math.floor((maxScore * (score - least)) / (most - least)),
        )
      },
    }
  },
}

interface Terms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[]
}

const required = (terms: Terms | undefined) =>
  terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []

/** Preferred terms of both kinds; wanting to be away counts against. */
function weighted({ spec }: Pod): readonly WeightedPodAffinityTerm[] {
  const near = spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const far = spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [...near, ...far.map((term) => ({ ...term, weight: -term.weight }))]
}

const domainOf = ({ node }: NodeInfo, { topologyKey }: PodAffinityTerm) =>
  node.metadata.labels?.[topologyKey]

function topology(info: NodeInfo, term: PodAffinityTerm): string | undefined {
  const domain = domainOf(info, term)
  return domain === undefined ? undefined : `${term.topologyKey}=${domain}`
}

/** Whether `term`, a term of `pod`, means `other`. */
function isMeant(term: PodAffinityTerm, pod: Pod, other: Pod, cluster: ClusterView): boolean {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  if (!labelSelector || !isInNamespaces(term, pod, other, cluster)) return false
  const { labels = {} } = pod.metadata
  const { labels: others = {} } = other.metadata
  return (
    matchesSelector(labelSelector, others) &&
    matchLabelKeys.every((key) => labels[key] === undefined || labels[key] === others[key]) &&
    mismatchLabelKeys.every((key) => labels[key] === undefined || labels[key] !== others[key])
  )
}

function isInNamespaces(
  { namespaces = [], namespaceSelector }: PodAffinityTerm,
  pod: Pod,
  other: Pod,
  cluster: ClusterView,
): boolean {
  const { namespace = '' } = other.metadata
  if (namespaces.includes(namespace)) return true
  if (namespaceSelector) {
    const labels = cluster.get('Namespace', { name: namespace })?.metadata.labels
    return matchesSelector(namespaceSelector, labels)
  }
  return namespaces.length === 0 && namespace === pod.metadata.namespace
}
