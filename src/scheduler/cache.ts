// The cluster as it will be once what was decided is done: nodes and their Pods from the
// informers, and Pods assumed to be on a node while their binding is under way.

import type { Node, Pod } from '../api/types.gen.ts'
import {
  type NodeInfo,
  nodeInfo,
  podKey,
  type Snapshot,
  withNode,
  withoutPod,
  withPod,
} from './node-info.ts'

export interface SchedulerCache {
  putNode(node: Node): void
  removeNode(name: string): void
  /** A Pod that is on a node, as the API server says. */
  putPod(pod: Pod): void
  removePod(pod: Pod): void
  /** Counts the Pod as on `nodeName` until the informers show it there, or forget(). */
  assume(pod: Pod, nodeName: string): void
  forget(pod: Pod): void
  isAssumed(pod: Pod): boolean
  snapshot(): Snapshot
}

export function createSchedulerCache(): SchedulerCache {
  const infos = new Map<string, NodeInfo>()
  /** Where each Pod counts now. A node may be seen later than the Pods on it. */
  const places = new Map<string, { readonly pod: Pod; readonly nodeName: string }>()
  const assumed = new Set<string>()
  let current: Snapshot | undefined

  const set = (info: NodeInfo) => {
    infos.set(info.name, info)
    current = undefined
  }
  const take = (pod: Pod) => {
    const place = places.get(podKey(pod))
    const info = place && infos.get(place.nodeName)
    places.delete(podKey(pod))
    if (info) set(withoutPod(info, pod))
  }
  const place = (pod: Pod, nodeName: string) => {
    take(pod)
    places.set(podKey(pod), { pod, nodeName })
    const info = infos.get(nodeName)
    if (info) set(withPod(info, pod))
  }

  return {
    putNode(node) {
      const info = infos.get(node.metadata.name)
      if (info) return set(withNode(info, node))
      const { name } = node.metadata
      const pods = [...places.values()].filter((entry) => entry.nodeName === name)
      set(
        nodeInfo(
          node,
          pods.map(({ pod }) => pod),
        ),
      )
    },
    removeNode(name) {
      infos.delete(name)
      current = undefined
    },
    putPod(pod) {
      assumed.delete(podKey(pod))
      place(pod, pod.spec.nodeName ?? '')
    },
    removePod(pod) {
      assumed.delete(podKey(pod))
      take(pod)
    },
    assume(pod, nodeName) {
      assumed.add(podKey(pod))
      place({ ...pod, spec: { ...pod.spec, nodeName } }, nodeName)
    },
    forget(pod) {
      if (assumed.delete(podKey(pod))) take(pod)
    },
    isAssumed: (pod) => assumed.has(podKey(pod)),
    snapshot: () => (current ??= { nodes: [...infos.values()] }),
  }
}
