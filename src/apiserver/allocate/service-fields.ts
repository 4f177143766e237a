// What a Service of some type needs, and what an update carries over or drops when the type
// changes. Pure: in is a Service and the one it replaces, out is the Service changed in place.

import type { DraftOf } from '../../api/draft.ts'
import type { Service } from '../../api/types.gen.ts'

export type ServiceDraft = DraftOf<Service>
type Spec = NonNullable<ServiceDraft['spec']>

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

/** Every node port of a Service, its health check port included. */
export function nodePortsOf(spec: Spec | undefined): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
  return [...new Set([...ports, spec?.healthCheckNodePort ?? 0])].filter((port) => port > 0)
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
    if (!next.clusterIPs?.length && next.clusterIP === old.clusterIP && old.clusterIPs) {
      next.clusterIPs = [...old.clusterIPs]
    }
    if (old.ipFamilies) next.ipFamilies ??= [...old.ipFamilies]
    next.ipFamilyPolicy ??= old.ipFamilyPolicy
  }
  if (needsNodePort(old) && needsNodePort(next)) keepNodePorts(next, old)
  if (needsHealthCheckPort(old) && needsHealthCheckPort(next)) {
    next.healthCheckNodePort ||= old.healthCheckNodePort
  }
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
  if (next.clusterIP === old.clusterIP) delete next.clusterIP
  if (JSON.stringify(next.clusterIPs) === JSON.stringify(old.clusterIPs)) delete next.clusterIPs
  delete next.ipFamilies
  delete next.ipFamilyPolicy
  if (next.internalTrafficPolicy === old.internalTrafficPolicy) delete next.internalTrafficPolicy
}

function dropNodePorts(next: Spec, old: Spec): void {
  const before = new Set(nodePortsOf(old))
  for (const port of next.ports ?? []) {
    if (port.nodePort && before.has(port.nodePort)) delete port.nodePort
  }
}

/** clusterIP and clusterIPs[0] say the same; families and policy are those of the cluster. */
export function settleFamilies(spec: Spec): void {
  if (!needsClusterIp(spec)) return
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
  else if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0]
  const isAnyFamily = isHeadless(spec) && !Object.keys(spec.selector ?? {}).length
  spec.ipFamilyPolicy ??= isAnyFamily ? 'RequireDualStack' : 'SingleStack'
  if (!spec.ipFamilies?.length) {
    spec.ipFamilies =
      isAnyFamily && spec.ipFamilyPolicy !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4']
  }
}
