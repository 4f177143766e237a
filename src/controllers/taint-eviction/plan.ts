// Ends Pods on nodes with NoExecute taints that they do not tolerate, or no longer.

import { keyOf } from '../../api/meta.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { Node, Pod, Taint } from '../../api/types.gen.ts'
import { deleteObject, note, nothing, type Plan } from '../../client/plan.ts'

export interface Observed {
  readonly pod: Pod
  readonly node: Node
}

export function planTaintEviction({ pod, node }: Observed, now: Date): Plan {
  if (pod.metadata.deletionTimestamp) return nothing
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  if (taints.length === 0) return nothing
  const leftMs = Math.min(...taints.map((taint) => toleratedMs(pod, taint, now)))
  if (leftMs === Infinity) return nothing
  if (leftMs > 0) return { actions: [], requeueAfterMs: leftMs }
  const { namespace, name } = pod.metadata
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
  }
  return {
    actions: [
      note(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`),
      {
        verb: 'patch',
        kind: 'Pod',
        key: keyOf(pod),
        type: 'strategic',
        patch: { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } },
        subresource: 'status',
        ignore: ['NotFound'],
      },
      deleteObject('Pod', pod),
    ],
  }
}

/** How long the Pod may stay under this taint from now on. */
function toleratedMs(pod: Pod, taint: Taint, now: Date): number {
  const tolerations = (pod.spec.tolerations ?? []).filter((each) => tolerates(each, taint))
  if (tolerations.length === 0) return 0
  const seconds = Math.min(
    ...tolerations.map(({ tolerationSeconds = Infinity }) => Math.max(0, tolerationSeconds)),
  )
  if (seconds === Infinity) return Infinity
  const sinceMs = Math.max(
    Date.parse(taint.timeAdded ?? '') || 0,
    Date.parse(pod.metadata.creationTimestamp ?? '') || 0,
  )
  return Math.max(0, sinceMs + seconds * 1000 - now.getTime())
}
