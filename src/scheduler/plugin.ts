// The plugin contract: each filter says why a node will not do, each score how good it would be.

import type { ObjectKey } from '../api/meta.ts'
import type { KindMap, Pod } from '../api/types.gen.ts'
import type { NodeInfo, Snapshot } from './node-info.ts'

/** What plugins may look up beside nodes and Pods. */
export interface ClusterView {
  get<K extends keyof KindMap>(kind: K, key: ObjectKey): KindMap[K] | undefined
  list<K extends keyof KindMap>(kind: K, namespace?: string): readonly KindMap[K][]
}

/** Why a node, or all of them, will not do. */
export interface Rejection {
  readonly reasons: readonly string[]
  /** Taking other Pods away would not help. */
  readonly isFinal: boolean
}

export interface CycleContext {
  readonly pod: Pod
  readonly snapshot: Snapshot
  readonly cluster: ClusterView
}

export interface FilterPlugin {
  readonly name: string
  /**
   * Looks at everything once and gives back the test of one node; undefined where the plugin has
   * no say about this Pod. A Rejection instead rejects the Pod on every node.
   */
  prepareFilter(context: CycleContext): NodeTest | Rejection | undefined
}
export type NodeTest = (info: NodeInfo) => Rejection | undefined

export interface ScorePlugin {
  readonly name: string
  readonly weight: number
  /** As prepareFilter; `feasible` are the nodes that passed all filters. */
  prepareScore(context: CycleContext, feasible: readonly NodeInfo[]): NodeScores | undefined
}
export interface NodeScores {
  score(info: NodeInfo): number
  /** Makes raw scores into 0 .. 100; absent: they are so already. */
  normalize?(scores: readonly number[]): readonly number[]
}

export const maxScore = 100

export const rejected = (...reasons: readonly string[]): Rejection => ({ reasons, isFinal: false })
export const rejectedFinally = (...reasons: readonly string[]): Rejection => ({
  reasons,
  isFinal: true,
})

/** The highest becomes 100, the others in proportion; or 100 minus that. */
export function inProportion(
  scores: readonly number[],
  { isReversed = false }: { readonly isReversed?: boolean } = {},
): readonly number[] {
  const highest = Math.max(0, ...scores)
  if (highest === 0) return scores.map(() => (isReversed ? maxScore : 0))
  return scores.map((score) => {
    const share = Math.floor((maxScore * score) / highest)
    return isReversed ? maxScore - share : share
  })
}
