// Decides where a Pod should run: nodes that pass every filter, then the one with the best score.
// Pure: nodes with equal scores are all given back, and the caller draws one.

import type { NodeInfo, Snapshot } from './node-info.ts'
import type {
  CycleContext,
  FilterPlugin,
  NodeScores,
  NodeTest,
  Rejection,
  ScorePlugin,
} from './plugin.ts'

export interface Plugins {
  readonly filters: readonly FilterPlugin[]
  readonly scores: readonly ScorePlugin[]
}

export type Decision =
  | { readonly best: readonly string[] }
  | {
      /** Why the Pod will not do on any node, before nodes were looked at. */
      readonly whole?: Rejection
      /** Why each node will not do. */
      readonly nodes: ReadonlyMap<string, Rejection>
    }

export function schedulePod(context: CycleContext, { filters, scores }: Plugins): Decision {
  const tests = prepareTests(context, filters)
  if (!Array.isArray(tests)) return { whole: tests, nodes: new Map() }
  const rejections = new Map<string, Rejection>()
  const feasible = context.snapshot.nodes.filter((info) => {
    const rejection = testNode(info, tests)
    if (rejection) rejections.set(info.name, rejection)
    return !rejection
  })
  if (feasible.length === 0) return { nodes: rejections }
  return { best: bestNodes(context, feasible, scores) }
}

/** One test a filter that has a say; a Rejection where one refuses the Pod altogether. */
export function prepareTests(
  context: CycleContext,
  filters: readonly FilterPlugin[],
): NodeTest[] | Rejection {
  const tests: NodeTest[] = []
  for (const filter of filters) {
    const prepared = filter.prepareFilter(context)
    if (prepared === undefined) continue
    if (typeof prepared !== 'function') return prepared
    tests.push(prepared)
  }
  return tests
}

export function testNode(info: NodeInfo, tests: readonly NodeTest[]): Rejection | undefined {
  for (const test of tests) {
    const rejection = test(info)
    if (rejection) return rejection
  }
  return undefined
}

function bestNodes(
  context: CycleContext,
  feasible: readonly NodeInfo[],
  plugins: readonly ScorePlugin[],
): readonly string[] {
  if (feasible.length === 1) return feasible.map(({ name }) => name)
  const totals = feasible.map(() => 0)
  for (const plugin of plugins) {
    const prepared = plugin.prepareScore(context, feasible)
    if (!prepared) continue
    for (const [index, score] of scoresOf(prepared, feasible).entries()) {
      totals[index] = (totals[index] ?? 0) + score * plugin.weight
    }
  }
  const highest = Math.max(...totals)
  return feasible.filter((_, index) => totals[index] === highest).map(({ name }) => name)
}

function scoresOf(prepared: NodeScores, feasible: readonly NodeInfo[]): readonly number[] {
  const raw = feasible.map((info) => prepared.score(info))
  return prepared.normalize ? prepared.normalize(raw) : raw
}

/** "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s)." */
export function failureMessage(
  { nodes }: Snapshot,
  failure: Exclude<Decision, { best: unknown }>,
): string {
  if (nodes.length === 0) return 'no nodes available to schedule pods'
  const reasons = failure.whole ? failure.whole.reasons.join(', ') : countReasons(failure.nodes)
  return `0/${nodes.length} nodes are available: ${reasons}.`
}

export function countReasons(nodes: ReadonlyMap<string, Rejection>): string {
  const counts = new Map<string, number>()
  for (const { reasons } of nodes.values()) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}
