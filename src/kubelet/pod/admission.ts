// Whether a Pod that was bound to this node can run here: the checks upstream's kubelet repeats
// after the scheduler, for Pods that were bound past it. Pure.

import { aggregateContainers } from '../../api/pod-resources.ts'
import { addQuantities, compareQuantities } from '../../api/quantity.ts'
import { fitsNode } from '../../api/selector/node.ts'
import type { Pod } from '../../api/types.gen.ts'
import { isTerminal } from './end.ts'

export interface Rejection {
  readonly reason: string
  readonly message: string
}

export interface NodeOffer {
  readonly name: string
  /** Undefined while the node is not known: then its labels are not asked. */
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly allocatable: Readonly<Record<string, string>>
}

export function rejection(
  pod: Pod,
  others: readonly Pod[],
  node: NodeOffer,
): Rejection | undefined {
  const active = others.filter((other) => !isTerminal(other))
  const { labels } = node
  if (labels && !fitsNode(pod, { metadata: { name: node.name, labels } }))
    return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  if (hasPortTaken(pod, active))
    return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports")
  return lackOfResources(pod, active, node)
}

function predicate(reason: string, why: string): Rejection {
  return { reason, message: `Pod was rejected: Predicate ${reason} failed: ${why}` }
}

function hasPortTaken(pod: Pod, others: readonly Pod[]): boolean {
  const taken = others.flatMap(hostPorts)
  const isAny = (ip: string) => ip === '' || ip === '0.0.0.0'
  return hostPorts(pod).some((wanted) =>
    taken.some(
      ({ port, protocol, ip }) =>
        port === wanted.port &&
        protocol === wanted.protocol &&
        (ip === wanted.ip || isAny(ip) || isAny(wanted.ip)),
    ),
  )
}

function hostPorts({ spec }: Pod) {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort ? [{ port: hostPort, protocol, ip: hostIP }] : [],
    ),
  )
}

const checkedResources = ['cpu', 'memory', 'ephemeral-storage', 'pods']

function lackOfResources(
  pod: Pod,
  others: readonly Pod[],
  { allocatable }: NodeOffer,
): Rejection | undefined {
  const wanted = requestsOf(pod)
  for (const resource of checkedResources) {
    const capacity = allocatable[resource]
    const requested = wanted[resource]
    if (!capacity || !requested || requested === '0') continue
    const used = others
      .map((other) => requestsOf(other)[resource] ?? '0')
      .reduce(addQuantities, '0')
    if (compareQuantities(addQuantities(used, requested), capacity) <= 0) continue
    const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`
    return {
      reason: `OutOf${resource}`,
      message: `Pod was rejected: Node didn't have enough resource: ${resource}, ${amounts}`,
    }
  }
  return undefined
}

function requestsOf({ spec }: Pod): Readonly<Record<string, string>> {
  return { ...aggregateContainers(spec, 'requests'), pods: '1' }
}
