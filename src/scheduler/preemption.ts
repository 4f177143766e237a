// Which Pods of lower priority to take away so that a Pod fits: the node where it costs least.
// Pure; the shell deletes the victims and nominates the node.

import { matchesSelector } from '../api/selector/match.ts'
import type { Pod, PodDisruptionBudget } from '../api/types.gen.ts'
import { type NodeInfo, withoutPod, withPod } from './node-info.ts'
import type { CycleContext, FilterPlugin, Rejection } from './plugin.ts'
import { countReasons, prepareTests, testNode } from './schedule.ts'

export type Preemption =
  | { readonly nodeName: string; readonly victims: readonly Pod[] }
  /** Why taking Pods away does not help, for the failure message. */
  | { readonly message: string }

interface Candidate {
  readonly nodeName: string
  readonly victims: readonly Pod[]
  readonly broken: number
}

export function planPreemption(
  context: CycleContext,
  rejections: ReadonlyMap<string, Rejection>,
  filters: readonly FilterPlugin[],
): Preemption {
  const { pod, snapshot, cluster } = context
  if (pod.spec.preemptionPolicy === 'Never') {
    return { message: 'preemption: not eligible due to preemptionPolicy=Never.' }
  }
  if (awaitsVictims(context)) {
    return { message: 'preemption: not eligible due to a terminating pod on the nominated node.' }
  }
  const budgets = cluster.list('PodDisruptionBudget')
  const answers = new Map<string, Rejection>()
  const candidates = snapshot.nodes.flatMap((info) => {
    if (rejections.get(info.name)?.isFinal ?? true) {
      answers.set(info.name, refusal('Preemption is not helpful for scheduling'))
      return []
    }
    const candidate = victimsOn(info, context, { filters, budgets })
    if (candidate) return [candidate]
    answers.set(info.name, refusal('No preemption victims found for incoming pod'))
    return []
  })
  const [best] = candidates.sort(byCost)
  if (best) return best
  const total = snapshot.nodes.length
  return { message: `preemption: 0/${total} nodes are available: ${countReasons(answers)}.` }
}

const refusal = (reason: string): Rejection => ({ reasons: [reason], isFinal: true })
const priorityOf = ({ spec }: Pod) => spec.priority ?? 0
const startOf = ({ status }: Pod) => Date.parse(status?.startTime ?? '') || Infinity

/** A Pod whose victims are still ending waits for them instead of choosing new ones. */
function awaitsVictims({ pod, snapshot }: CycleContext): boolean {
  const nominated = snapshot.nodes.find(({ name }) => name === pod.status?.nominatedNodeName)
  return [...(nominated?.pods.values() ?? [])].some(
    (other) => other.metadata.deletionTimestamp && priorityOf(other) < priorityOf(pod),
  )
}

interface Rules {
  readonly filters: readonly FilterPlugin[]
  readonly budgets: readonly PodDisruptionBudget[]
}

/** Takes all lower Pods away, then gives back as many as still leave room, the dearest first. */
function victimsOn(
  info: NodeInfo,
  context: CycleContext,
  { filters, budgets }: Rules,
): Candidate | undefined {
  const { pod, snapshot } = context
  const lower = [...info.pods.values()].filter((other) => priorityOf(other) < priorityOf(pod))
  if (lower.length === 0) return undefined
  const fits = (changed: NodeInfo) => {
    const nodes = snapshot.nodes.map((other) => (other.name === info.name ? changed : other))
    const tests = prepareTests({ ...context, snapshot: { nodes } }, filters)
    return Array.isArray(tests) && !testNode(changed, tests)
  }
  let changed = lower.reduce(withoutPod, info)
  if (!fits(changed)) return undefined
  const guarded = new Set(breakingBudgets(lower, budgets))
  const dearestFirst = lower.toSorted(
    (a, b) =>
      Number(guarded.has(b)) - Number(guarded.has(a)) ||
      priorityOf(b) - priorityOf(a) ||
      startOf(a) - startOf(b),
  )
  const victims = dearestFirst.filter((other) => {
    const restored = withPod(changed, other)
    if (!fits(restored)) return true
    changed = restored
    return false
  })
  const broken = victims.filter((victim) => guarded.has(victim)).length
  return { nodeName: info.name, victims, broken }
}

/** Pods whose end would break a budget that allows no more disruptions. */
function breakingBudgets(
  pods: readonly Pod[],
  budgets: readonly PodDisruptionBudget[],
): readonly Pod[] {
  const left = new Map(
    budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0] as const),
  )
  return pods.filter(({ metadata }) => {
    const meant = budgets.filter(
      ({ metadata: { namespace }, spec }) =>
        namespace === metadata.namespace &&
        spec.selector &&
        matchesSelector(spec.selector, metadata.labels),
    )
    for (const budget of meant) left.set(budget, (left.get(budget) ?? 0) - 1)
    return meant.some((budget) => (left.get(budget) ?? 0) < 0)
  })
}

/** Fewest broken budgets, lowest top priority, lowest sum, fewest victims, youngest victims. */
function byCost(a: Candidate, b: Candidate): number {
  const top = ({ victims }: Candidate) => Math.max(...victims.map(priorityOf))
  const sum = ({ victims }: Candidate) =>
    victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0)
  const earliest = (candidate: Candidate) =>
    Math.min(
      ...candidate.victims
        .filter((victim) => priorityOf(victim) === top(candidate))
        .map((victim) => Math.min(startOf(victim), Number.MAX_SAFE_INTEGER)),
    )
  return (
    a.broken - b.broken ||
    top(a) - top(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    earliest(b) - earliest(a)
  )
}
