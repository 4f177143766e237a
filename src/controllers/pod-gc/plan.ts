// Pods that nobody else would end: on nodes that are gone, ending without ever having had a node,
// or ended and too many.

import { keyOf } from '../../api/meta.ts'
import type { Node, Pod } from '../../api/types.gen.ts'
import { type Action, deleteObject } from '../../client/plan.ts'
import { createdAtMs, isTerminal } from '../pod-state.ts'

export interface Observed {
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** When each node that Pods name was first found missing. */
  readonly missingSinceMs: ReadonlyMap<string, number>
  /** Ended Pods kept beyond this many are deleted, the oldest first. */
  readonly mostTerminated: number
}

/** A node that is back within this time keeps its Pods. */
const quarantineMs = 40_000
const outOfService = 'node.kubernetes.io/out-of-service'

export function planPodGc(observed: Observed, now: Date): readonly Action[] {
  const { pods, nodes, missingSinceMs, mostTerminated } = observed
  const ended = pods.filter(isTerminal)
  const surplus = ended
    .toSorted((a, b) => createdAtMs(a) - createdAtMs(b))
    .slice(0, Math.max(0, ended.length - mostTerminated))
  const outOfServiceNodes = new Set(
    nodes.flatMap(({ metadata, spec }) =>
      spec.taints?.some(({ key }) => key === outOfService) ? [metadata.name] : [],
    ),
  )
  const isOrphan = ({ spec }: Pod) =>
    now.getTime() - (missingSinceMs.get(spec.nodeName ?? '') ?? Infinity) >= quarantineMs
  return [
    ...surplus.map(end),
    ...pods.filter(isOrphan).flatMap((pod) => fail(pod, 'PodGC: node no longer exists', now)),
    ...pods.filter(({ metadata, spec }) => metadata.deletionTimestamp && !spec.nodeName).map(end),
    ...pods
      .filter(
        ({ metadata, spec }) =>
          metadata.deletionTimestamp && outOfServiceNodes.has(spec.nodeName ?? ''),
      )
      .flatMap((pod) => fail(pod, 'PodGC: node is out-of-service', now)),
  ]
}

const end = (pod: Pod): Action => deleteObject('Pod', pod, { gracePeriodSeconds: 0 })

/** Its end is written down first, so that its owner does not wait for a report that never comes. */
function fail(pod: Pod, message: string, now: Date): readonly Action[] {
  if (isTerminal(pod)) return [end(pod)]
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
  }
  return [
    {
      verb: 'patch',
      kind: 'Pod',
      key: keyOf(pod),
      type: 'strategic',
      patch: {
        metadata: { uid: pod.metadata.uid },
        status: { phase: 'Failed', conditions: [condition] },
      },
      subresource: 'status',
      ignore: ['NotFound'],
    },
    end(pod),
  ]
}
