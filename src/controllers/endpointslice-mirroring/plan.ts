// EndpointSlices that mirror Endpoints made by hand, so that those who read only slices see them.

import { controllerReference } from '../../api/meta.ts'
import type { EndpointAddress, EndpointSlice, Endpoints, ObjectMeta } from '../../api/types.gen.ts'
import { deleteObject, type Plan } from '../../client/plan.ts'
import {
  addressTypeOf,
  groupEndpoints,
  managedByLabel,
  planSlices,
  serviceNameLabel,
} from '../slices.ts'

export interface Observed {
  /** Absent: nothing is to be mirrored (any more). */
  readonly endpoints: Endpoints | undefined
  readonly slices: readonly EndpointSlice[]
}

export const managedBy = 'endpointslicemirroring-controller.k8s.io'
const notCopied = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])
const mostOfSubset = 1000
const longestPrefix = 57

export function planMirroring({ endpoints, slices }: Observed): Plan {
  if (!endpoints) return { actions: slices.map((slice) => deleteObject('EndpointSlice', slice)) }
  const entries = (endpoints.subsets ?? []).flatMap((subset) => {
    const ports = (subset.ports ?? []).map(
      ({ name = '', port, protocol = 'TCP', appProtocol }) => ({
        name,
        port,
        protocol,
        ...(appProtocol && { appProtocol }),
      }),
    )
    const entry = (ready: boolean) => (address: EndpointAddress) => ({
      addressType: addressTypeOf(address.ip),
      ports,
      endpoint: endpointOf(address, ready),
    })
    return [
      ...(subset.addresses ?? []).map(entry(true)),
      ...(subset.notReadyAddresses ?? []).map(entry(false)),
    ].slice(0, mostOfSubset)
  })
  const groups = groupEndpoints(entries)
  const metadata = sliceMetadata(endpoints)
  return { actions: planSlices({ groups, existing: slices, metadata, placeholders: [] }) }
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean) {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  }
}

function sliceMetadata(endpoints: Endpoints): ObjectMeta {
  const { name, namespace, labels, annotations = {} } = endpoints.metadata
  return {
    name: '',
    generateName: `${name.slice(0, longestPrefix)}-`,
    ...(namespace && { namespace }),
    labels: { ...labels, [managedByLabel]: managedBy, [serviceNameLabel]: name },
    annotations: Object.fromEntries(
      Object.entries(annotations).filter(([key]) => !notCopied.has(key)),
    ),
    ownerReferences: [controllerReference(endpoints)],
  }
}
