// Obeys nodeSelector and required node affinity, and prefers what preferred affinity names.

import { fitsNode, matchesTerm } from '../../api/selector/node.ts'
import { type FilterPlugin, inProportion, rejectedFinally, type ScorePlugin } from '../plugin.ts'

export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepareFilter({ pod }) {
    const { nodeSelector, affinity } = pod.spec
    if (!nodeSelector && !affinity?.nodeAffinity) return undefined
    return ({ node }) =>
      fitsNode(pod, node)
        ? undefined
        : rejectedFinally("node(s) didn't match Pod's node affinity/selector")
  },
  prepareScore({ pod }) {
    const preferred =
      pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (preferred.length === 0) return undefined
    return {
      score: ({ node }) =>
        preferred.reduce(
          (sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0),
          0,
        ),
      normalize: (scores) => inProportion(scores),
    }
  },
}
