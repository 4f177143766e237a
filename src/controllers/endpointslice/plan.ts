// The EndpointSlices of a Service: one endpoint a Pod, with its readiness, place and ports.

import { controllerReference } from '../../api/meta.ts'
import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointHints,
  EndpointSlice,
  Node,
  ObjectMeta,
  Pod,
  Service,
} from '../../api/types.gen.ts'
import { nothing, type Plan } from '../../client/plan.ts'
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
import {
  type AddressType,
  addressTypeOf,
  groupEndpoints,
  managedByLabel,
  planSlices,
  serviceNameLabel,
} from '../slices.ts'

export interface Observed {
  readonly service: Service
  readonly pods: readonly Pod[]
  readonly node: (name: string) => Node | undefined
  /** Those of the Service that this controller made. */
  readonly slices: readonly EndpointSlice[]
}

export const managedBy = 'endpointslice-controller.k8s.io'
const zoneLabel = 'topology.kubernetes.io/zone'
/** Generated names are at most 63 long, 5 of them the suffix. */
const longestPrefix = 57

export function planEndpointSlices({ service, pods, node, slices }: Observed): Plan {
  if (!hasPods(service) || service.metadata.deletionTimestamp) return nothing
  const families = service.spec.ipFamilies ?? ['IPv4']
  const addressTypes = families.map((family): AddressType => (family === 'IPv6' ? family : 'IPv4'))
  const entries = pods
    .filter((pod) => mayHaveEndpoint(pod, true))
    .flatMap((pod) => {
      const ports = portsOn(service, pod)
      return addressTypes.flatMap((addressType) => {
        const address = addressesOf(pod).find((ip) => addressTypeOf(ip) === addressType)
        if (!address) return []
        return [{ addressType, ports, endpoint: endpointOf(service, pod, address, node) }]
      })
    })
  const groups = groupEndpoints(entries)
  const metadata = sliceMetadata(service)
  return {
    actions: planSlices({ groups, existing: slices, metadata, placeholders: addressTypes }),
  }
}

function sliceMetadata(service: Service): ObjectMeta {
  const { name, namespace } = service.metadata
  return {
    name: '',
    generateName: `${name.slice(0, longestPrefix)}-`,
    ...(namespace && { namespace }),
    labels: {
      ...inheritedLabels(service, [managedByLabel, serviceNameLabel]),
      [managedByLabel]: managedBy,
      [serviceNameLabel]: name,
    },
    ownerReferences: [controllerReference(service)],
  }
}

function portsOn(service: Service, pod: Pod): readonly DiscoveryEndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = portOn(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, port, protocol, ...(appProtocol && { appProtocol }) }]
  })
}

function endpointOf(service: Service, pod: Pod, address: string, node: Observed['node']): Endpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = publishesNotReady(service) || (serving && !terminating)
  const { nodeName } = pod.spec
  const zone = node(nodeName ?? '')?.metadata.labels?.[zoneLabel]
  const hostname = hostnameFor(pod, service)
  const hints = ready ? hintsFor(service, zone, nodeName) : undefined
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    targetRef: targetOf(pod),
    ...(hints && { hints }),
  }
}

/** spec.trafficDistribution asks that traffic stay near: in the zone, or on the node if it can. */
function hintsFor(
  { spec }: Service,
  zone: string | undefined,
  nodeName: string | undefined,
): EndpointHints | undefined {
  const prefersNode = spec.trafficDistribution === 'PreferSameNode'
  const prefersZone =
    prefersNode || ['PreferClose', 'PreferSameZone'].includes(spec.trafficDistribution ?? '')
  const hints = {
    ...(prefersZone && zone && { forZones: [{ name: zone }] }),
    ...(prefersNode && nodeName && { forNodes: [{ name: nodeName }] }),
  }
  return Object.keys(hints).length > 0 ? hints : undefined
}
