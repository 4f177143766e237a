// What a Service of some type needs, and what an update carries over or drops when the type
// changes. Pure: in is a Service and the one it replaces, out is the Service changed in place.

import type { DraftOf } from '../../api/draft.ts'
import type { Service } from '../../api/types.gen.ts'

export type ServiceDraft = DraftOf<Service>
export type ServiceSpecDraft = NonNullable<ServiceDraft['spec']>
type Spec = ServiceSpecDraft

export function needsClusterIp({ type }: Spec): boolean {
  return type !== 'ExternalName'
}

export function needsNodePort({ type }: Spec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

export function needsHealthCheckPort({ type, externalTrafficPolicy }: Spec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

/** Ports are given to every port of a NodePort Service, and to LoadBalancers unless refused. */
export function allocatesNodePorts(spec: Spec): boolean {
  if (spec.type === 'NodePort') return true
  return spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false
}

export function isHeadless({ clusterIP, clusterIPs }: Spec): boolean {
  return clusterIP === 'None' || clusterIPs?.[0] === 'None'
}

/** The node ports of a Service's ports, each once. */
export function nodePortsOf(spec: Spec | undefined): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
  return [...new Set(ports)].filter((port) => port > 0)
}

/** Every port of the node that a Service holds: its health check port too, where it needs one. */
export function heldPortsOf(spec: Spec | undefined): number[] {
  const healthCheck = spec && needsHealthCheckPort(spec) ? (spec.healthCheckNodePort ?? 0) : 0
  return [...new Set([...nodePortsOf(spec), healthCheck])].filter((port) => port > 0)
}

export function clusterIpsOf(spec: Spec | undefined): string[] {
  return (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== '' && address !== 'None',
  )
}

/** Allocated values that the client left out stay what they were. */
export function keepAllocated(next: Spec, old: Spec): void {
  if (needsClusterIp(old) && needsClusterIp(next)) {
    next.clusterIP ||= old.clusterIP
    if (!next.clusterIPs?.length && old.clusterIPs) next.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePort(old) && needsNodePort(next)) keepNodePorts(next, old)
  if (needsHealthCheckPort(old) && needsHealthCheckPort(next)) {
    next.healthCheckNodePort ||= old.healthCheckNodePort
  }
}

/** clusterIPs follows clusterIP where a client that knows only the latter changed or cleared it. */
export function alignClusterIps(next: Spec, old: Spec | undefined): void {
  const { clusterIP = '', clusterIPs = [] } = next
  if (!old) {
    if (clusterIP && clusterIPs.length === 0) next.clusterIPs = [clusterIP]
    return
  }
  const { clusterIP: before = '' } = old
  if (clusterIP === before) {
    if (clusterIPs.length === 0 && old.clusterIPs) next.clusterIPs = [...old.clusterIPs]
    return
  }
  if (!isSameList(clusterIPs, old.clusterIPs)) return
  if (clusterIP) next.clusterIPs = [clusterIP]
  else delete next.clusterIPs
}

/** An absent list is an empty one. */
export function isSameList(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): boolean {
  return JSON.stringify(a ?? []) === JSON.stringify(b ?? [])
}

/** By port name; a port that moved to another name is not kept. */
function keepNodePorts(next: Spec, old: Spec): void {
  const used = new Set(nodePortsOf(next))
  const byName = new Map((old.ports ?? []).map(({ name = '', nodePort }) => [name, nodePort]))
  for (const port of next.ports ?? []) {
    const before = byName.get(port.name ?? '')
    if (!port.nodePort && before && !used.has(before)) port.nodePort = before
  }
}

/** What the old type had and the new one has no use for goes, unless the client changed it. */
export function dropUnused(next: Spec, old: Spec): void {
  if (needsClusterIp(old) && !needsClusterIp(next)) dropClusterIp(next, old)
  if (needsNodePort(old) && !needsNodePort(next)) dropNodePorts(next, old)
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(next)) {
    if (next.healthCheckNodePort === old.healthCheckNodePort) delete next.healthCheckNodePort
  }
  if (old.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    if (next.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      delete next.allocateLoadBalancerNodePorts
    }
    if (next.loadBalancerClass === old.loadBalancerClass) delete next.loadBalancerClass
  }
  const isExternal = needsNodePort(next) || Boolean(next.externalIPs?.length)
  if (!isExternal && next.externalTrafficPolicy === old.externalTrafficPolicy) {
    delete next.externalTrafficPolicy
  }
}

function dropClusterIp(next: Spec, old: Spec): void {
  if (isSameList(next.clusterIPs, old.clusterIPs)) {
    delete next.clusterIP
    delete next.clusterIPs
  }
  if (isSameList(next.ipFamilies, old.ipFamilies)) delete next.ipFamilies
  if (next.ipFamilyPolicy === old.ipFamilyPolicy) delete next.ipFamilyPolicy
  if (next.internalTrafficPolicy === old.internalTrafficPolicy) delete next.internalTrafficPolicy
}

function dropNodePorts(next: Spec, old: Spec): void {
  const before = new Set(nodePortsOf(old))
  for (const port of next.ports ?? []) {
    if (port.nodePort && before.has(port.nodePort)) delete port.nodePort
  }
}
