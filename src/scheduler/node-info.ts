// A node as the scheduler sees it: the object, the Pods on it, and what they take up together.

import type { Node, Pod } from '../api/types.gen.ts'
import { type Amounts, addAmounts, amountsOf, requestsOf, scoreRequestsOf } from './resources.ts'

export interface NodeInfo {
  readonly name: string
  readonly node: Node
  readonly allocatable: Amounts
  readonly pods: ReadonlyMap<string, Pod>
  readonly requested: Amounts
  readonly scoreRequested: Amounts
}

/** Everything a scheduling cycle looks at; never changed while it does. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
}

export const podKey = ({ metadata }: Pod): string =>
  metadata.uid ?? `${metadata.namespace}/${metadata.name}`

export function nodeInfo(node: Node, pods: readonly Pod[] = []): NodeInfo {
  const empty: NodeInfo = {
    name: node.metadata.name,
    node,
    allocatable: amountsOf(node.status?.allocatable),
    pods: new Map(),
    requested: {},
    scoreRequested: {},
  }
  return pods.reduce(withPod, empty)
}

export function withNode(info: NodeInfo, node: Node): NodeInfo {
  return { ...info, node, allocatable: amountsOf(node.status?.allocatable) }
}

export function withPod(info: NodeInfo, pod: Pod): NodeInfo {
  const without = withoutPod(info, pod)
  return {
    ...without,
    pods: new Map(without.pods).set(podKey(pod), pod),
    requested: addAmounts(without.requested, requestsOf(pod)),
    scoreRequested: addAmounts(without.scoreRequested, scoreRequestsOf(pod)),
  }
}

export function withoutPod(info: NodeInfo, pod: Pod): NodeInfo {
  const had = info.pods.get(podKey(pod))
  if (!had) return info
  const pods = new Map(info.pods)
  pods.delete(podKey(pod))
  return {
    ...info,
    pods,
    requested: addAmounts(info.requested, requestsOf(had), -1),
    scoreRequested: addAmounts(info.scoreRequested, scoreRequestsOf(had), -1),
  }
}
