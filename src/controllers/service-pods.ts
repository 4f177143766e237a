// Which Pods stand behind a Service, and by which ports: what both kinds of endpoints start from.

import { controllerOf, type ObjectKey } from '../api/meta.ts'
import { matchesLabels } from '../api/selector/match.ts'
import type { ObjectReference, Pod, Service, ServicePort } from '../api/types.gen.ts'
import type { Listers, ObjectChange } from '../client/informer.ts'
import { isReady, isTerminal } from './pod-state.ts'
import { isSame } from './template-hash.ts'

const headlessLabel = 'service.kubernetes.io/headless'
const tolerateUnready = 'service.alpha.kubernetes.io/tolerate-unready-endpoints'

/** Endpoints are kept for Services that select Pods; the others' are made by hand. */
export function hasPods({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && spec.selector !== undefined
}

export function publishesNotReady({ spec, metadata }: Service): boolean {
  return (
    spec.publishNotReadyAddresses === true || metadata.annotations?.[tolerateUnready] === 'true'
  )
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None'
}

export function podsBehind(service: Service, { Pod }: Listers): readonly Pod[] {
  const { selector = {} } = service.spec
  return Pod.matching(service.metadata.namespace ?? '', { matchLabels: selector })
}

/** Services whose endpoints a change of a Pod could touch: its labels before and after count. */
export function servicesOf(
  { previous, current }: ObjectChange<Pod>,
  { Service }: Listers,
): readonly ObjectKey[] {
  if (previous && current && isSame(endpointView(previous), endpointView(current))) return []
  const namespace = (current ?? previous)?.metadata.namespace ?? ''
  return Service.list(namespace)
    .filter(
      (service) =>
        hasPods(service) &&
        [previous, current].some(
          (pod) => pod && matchesLabels(service.spec.selector ?? {}, pod.metadata.labels),
        ),
    )
    .map(({ metadata }) => metadata)
}

/** Everything of a Pod that endpoints show. */
function endpointView(pod: Pod): unknown {
  const { metadata, spec, status } = pod
  return [
    metadata.labels ?? {},
    metadata.deletionTimestamp ?? '',
    spec.nodeName ?? '',
    spec.hostname ?? '',
    spec.subdomain ?? '',
    status?.phase ?? '',
    status?.podIPs ?? [],
    status?.podIP ?? '',
    isReady(pod),
    controllerOf(pod)?.uid ?? '',
  ]
}

export function addressesOf({ status }: Pod): readonly string[] {
  const addresses = (status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  return addresses.length > 0 ? addresses : status?.podIP ? [status.podIP] : []
}

export function mayHaveEndpoint(pod: Pod, countTerminating: boolean): boolean {
  if (isTerminal(pod) || addressesOf(pod).length === 0) return false
  return countTerminating || pod.metadata.deletionTimestamp === undefined
}

/** The port's number on this Pod; undefined where a name leads to no port of it. */
export function portOn(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort) {
  const target = targetPort ?? port
  if (typeof target === 'number') return target
  const { containers, initContainers = [] } = pod.spec
  // Of the init containers only those that go on running can be reached.
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const { ports = [] } of [...containers, ...sidecars]) {
    const found = ports.find(
      (candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol,
    )
    if (found) return found.containerPort
  }
  return undefined
}

export function hostnameFor(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec
  return hostname && subdomain === service.metadata.name ? hostname : undefined
}

export function targetOf({ metadata }: Pod): ObjectReference {
  const { namespace, name, uid } = metadata
  return {
    kind: 'Pod',
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
  }
}

/** The Service's own labels and the mark of a headless one, which endpoints take over. */
export function inheritedLabels(
  service: Service,
  reserved: readonly string[],
): Readonly<Record<string, string>> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(
    ([key]) => key !== headlessLabel && !reserved.includes(key),
  )
  return { ...Object.fromEntries(own), ...(isHeadless(service) && { [headlessLabel]: '' }) }
}
