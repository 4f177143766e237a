// The Endpoints of a Service: addresses of its Pods, grouped into subsets that share ports.

import { keyOf } from '../../api/meta.ts'
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints,
  Pod,
  Service,
} from '../../api/types.gen.ts'
import { create, deleteObject, nothing, type Plan, update, type Write } from '../../client/plan.ts'
import { isReady } from '../pod-state.ts'
import {
  addressesOf,
  hasPods,
  hostnameFor,
  inheritedLabels,
  mayHaveEndpoint,
  portOn,
  publishesNotReady,
  targetOf,
} from '../service-pods.ts'
import { canonicalText, isSame } from '../template-hash.ts'

export interface Observed {
  /** Absent: the Service is gone, and its Endpoints should be. */
  readonly service: Service | undefined
  readonly pods: readonly Pod[]
  readonly current: Endpoints | undefined
}

const managedBy = 'endpoints.kubernetes.io/managed-by'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'
const mostAddresses = 1000

export function planEndpoints({ service, pods, current }: Observed): Plan {
  if (!service) return current ? { actions: [deleteObject('Endpoints', current)] } : nothing
  if (!hasPods(service)) return nothing
  const { subsets, isTruncated } = truncate(subsetsOf(service, pods))
  const labels = {
    ...inheritedLabels(service, [managedBy]),
    [managedBy]: 'endpoint-controller',
  }
  if (
    current &&
    isSame(current.subsets ?? [], subsets) &&
    isSame(current.metadata.labels ?? {}, labels) &&
    overCapacity in (current.metadata.annotations ?? {}) === isTruncated
  ) {
    return nothing
  }
  const { [overCapacity]: _, ...annotations } = current?.metadata.annotations ?? {}
  const wanted: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...(current?.metadata ?? keyOf(service)),
      labels,
      annotations: { ...annotations, ...(isTruncated && { [overCapacity]: 'truncated' }) },
    },
    subsets,
  }
  return { actions: [write(wanted, current !== undefined)] }
}

function write(wanted: Endpoints, isThere: boolean): Write {
  const [verb, reason] = isThere
    ? (['update', 'FailedToUpdateEndpoint'] as const)
    : (['create', 'FailedToCreateEndpoint'] as const)
  const report = {
    failure: (error: Error) => ({
      regarding: wanted,
      type: 'Warning' as const,
      reason,
      message: `Failed to ${verb} endpoint ${wanted.metadata.namespace}/${wanted.metadata.name}: ${error.message}`,
    }),
  }
  if (isThere) return update('Endpoints', wanted, report)
  return { ...create('Endpoints', wanted, report), ignore: ['NamespaceTerminating'] }
}

function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const toleratesUnready = publishesNotReady(service)
  const groups = new Map<string, Group>()
  for (const pod of pods) {
    const [ip] = addressesOf(pod)
    if (ip === undefined || !mayHaveEndpoint(pod, toleratesUnready)) continue
    const ports = portsOn(service, pod)
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue
    const key = canonicalText(ports)
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] }
    groups.set(key, group)
    const isShown = toleratesUnready || isReady(pod)
    ;(isShown ? group.ready : group.notReady).push(addressOf(service, pod, ip))
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => subset(group))
}

interface Group {
  readonly ports: readonly EndpointPort[]
  readonly ready: EndpointAddress[]
  readonly notReady: EndpointAddress[]
}

function subset({ ports, ready, notReady }: Group): EndpointSubset {
  return {
    ...(ready.length > 0 && { addresses: ready.toSorted(byIp) }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady.toSorted(byIp) }),
    ...(ports.length > 0 && { ports }),
  }
}

const byIp = (a: EndpointAddress, b: EndpointAddress) => (a.ip < b.ip ? -1 : 1)

function portsOn(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = portOn(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = servicePort
    return [{ ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) }]
  })
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameFor(pod, service)
  const { nodeName } = pod.spec
  return {
    ip,
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: targetOf(pod),
  }
}

/** Endpoints hold at most 1000 addresses, the ready ones first; EndpointSlices hold them all. */
function truncate(subsets: readonly EndpointSubset[]) {
  const count = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) =>
      sum + addresses.length + notReadyAddresses.length,
    0,
  )
  if (count <= mostAddresses) return { subsets, isTruncated: false }
  let room = mostAddresses
  const take = (addresses: readonly EndpointAddress[] = []) => {
    const kept = addresses.slice(0, room)
    room -= kept.length
    return kept
  }
  const ready = subsets.map(({ addresses }) => take(addresses))
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses))
  return {
    subsets: subsets.flatMap(({ ports = [] }, index) => {
      const group = {
        ports,
        ready: [...(ready[index] ?? [])],
        notReady: [...(notReady[index] ?? [])],
      }
      return group.ready.length + group.notReady.length > 0 ? [subset(group)] : []
    }),
    isTruncated: true,
  }
}
