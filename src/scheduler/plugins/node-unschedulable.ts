// Keeps Pods off cordoned nodes, unless they tolerate the taint that stands for it.

import { isTolerated } from '../../api/tolerations.ts'
import type { Taint } from '../../api/types.gen.ts'
import { type FilterPlugin, rejectedFinally } from '../plugin.ts'

const taint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  prepareFilter({ pod }) {
    if (isTolerated(taint, pod.spec.tolerations)) return undefined
    return ({ node }) =>
      node.spec.unschedulable ? rejectedFinally('node(s) were unschedulable') : undefined
  },
}
