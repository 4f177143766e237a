// Keeps Pods off nodes with taints they do not tolerate, and prefers nodes without soft ones.

import { isTolerated } from '../../api/tolerations.ts'
import { type FilterPlugin, inProportion, rejectedFinally, type ScorePlugin } from '../plugin.ts'

export const taintToleration: FilterPlugin & ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  prepareFilter({ pod }) {
    const { tolerations } = pod.spec
    return ({ node }) => {
      const hard = (node.spec.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule')
      return hard.every((taint) => isTolerated(taint, tolerations))
        ? undefined
        : rejectedFinally('node(s) had untolerated taint(s)')
    }
  },
  prepareScore({ pod }) {
    const soft = (pod.spec.tolerations ?? []).filter(
      ({ effect }) => !effect || effect === 'PreferNoSchedule',
    )
    return {
      score: ({ node }) =>
        (node.spec.taints ?? []).filter(
          (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, soft),
        ).length,
      normalize: (scores) => inProportion(scores, { isReversed: true }),
    }
  },
}
