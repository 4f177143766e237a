// TaintNodesByCondition: a new node takes no Pods before it has said that it is ready.

import { draftAs } from '../../api/draft.ts'
import type { Node } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout } from './admission.ts'

const key = 'node.kubernetes.io/not-ready'

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (request) => request.operation === 'CREATE' && isAbout(request, '', 'nodes'),
  mutate({ object }) {
    const node = draftAs<Node>(object ?? {})
    const taints = node.spec?.taints ?? []
    if (taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule')) return
    node.spec = { ...node.spec, taints: [...taints, { key, effect: 'NoSchedule' }] }
  },
}
