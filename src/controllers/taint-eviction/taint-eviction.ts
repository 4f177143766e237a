// Taint eviction: what the plan needs to see, gathered from the listers.

import type { Node } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { isSame } from '../template-hash.ts'
import { type Observed, planTaintEviction } from './plan.ts'

export const taintEvictionController: Controller<Observed> = {
  name: 'taint-eviction-controller',
  reconciles: 'Pod',
  triggers: {
    Node: ({ previous, current }, { Pod }) => {
      if (!current || isSame(evicting(previous), evicting(current))) return []
      return Pod.list()
        .filter(({ spec }) => spec.nodeName === current.metadata.name)
        .map(({ metadata }) => metadata)
    },
  },
  observe(key, { Pod, Node }) {
    const pod = Pod.get(key)
    const node = pod?.spec.nodeName ? Node.get({ name: pod.spec.nodeName }) : undefined
    return pod && node && { pod, node }
  },
  plan: planTaintEviction,
}

const evicting = (node: Node | undefined) =>
  (node?.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
