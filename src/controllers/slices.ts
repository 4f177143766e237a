// EndpointSlices that say what they should with the fewest writes: an endpoint stays in the slice
// where it is, new ones fill slices that are written anyway, and what is left empty goes.

import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointSlice,
  ObjectMeta,
} from '../api/types.gen.ts'
import { create, deleteObject, update, type Write } from '../client/plan.ts'
import { canonicalText, isSame } from './template-hash.ts'

/** Endpoints of one address type that are reached by the same ports. */
export interface SliceGroup {
  readonly addressType: 'IPv4' | 'IPv6'
  readonly ports: readonly DiscoveryEndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface SliceOptions {
  readonly groups: readonly SliceGroup[]
  readonly existing: readonly EndpointSlice[]
  /** Of a new slice; labels and annotations are kept true on the others too. */
  readonly metadata: ObjectMeta
  /** Address types that get an empty slice where there is no endpoint at all. */
  readonly placeholders: readonly ('IPv4' | 'IPv6')[]
}

const mostEndpoints = 100
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const serviceNameLabel = 'kubernetes.io/service-name'

export function planSlices({ groups, existing, metadata, placeholders }: SliceOptions): Write[] {
  const wanted = [
    ...groups,
    ...placeholders
      .filter((addressType) => !groups.some((group) => group.addressType === addressType))
      .map((addressType) => ({ addressType, ports: [], endpoints: [] })),
  ]
  const left = new Set(existing.filter((slice) => !slice.metadata.deletionTimestamp))
  const writes: Write[] = []
  for (const group of wanted) {
    const same = [...left].filter((slice) => groupKey(slice) === groupKey(group))
    for (const slice of same) left.delete(slice)
    writes.push(...planGroup(group, same, metadata))
  }
  return [...writes, ...[...left].map((slice) => deleteObject('EndpointSlice', slice))]
}

/** A list that was empty comes back from the API server as null. */
const groupKey = ({ addressType, ports }: Pick<EndpointSlice, 'addressType' | 'ports'>) =>
  `${addressType} ${(ports ?? []).map((port) => canonicalText(port)).toSorted()}`

function planGroup(
  group: SliceGroup,
  existing: readonly EndpointSlice[],
  metadata: ObjectMeta,
): Write[] {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]))
  const kept = existing.map((slice) => ({
    slice,
    endpoints: (slice.endpoints ?? []).flatMap((endpoint) => {
      const found = wanted.get(endpointKey(endpoint))
      wanted.delete(endpointKey(endpoint))
      return found ? [found] : []
    }),
  }))
  const added = [...wanted.values()]
  // Slices that change anyway take new endpoints first, the fullest before the others.
  const byUse = kept.toSorted(
    (a, b) => Number(isKept(a)) - Number(isKept(b)) || b.endpoints.length - a.endpoints.length,
  )
  for (const { endpoints } of byUse) {
    endpoints.push(...added.splice(0, mostEndpoints - endpoints.length))
  }
  const isEmpty = kept.every(({ endpoints }) => endpoints.length === 0) && added.length === 0
  const writes = kept.flatMap(({ slice, endpoints }, index) =>
    endpoints.length === 0 && !(isEmpty && index === 0)
      ? [deleteObject('EndpointSlice', slice)]
      : writeIfChanged(slice, endpoints, metadata),
  )
  if (isEmpty && kept.length === 0) return [createSlice(group, [], metadata)]
  while (added.length > 0) {
    writes.push(createSlice(group, added.splice(0, mostEndpoints), metadata))
  }
  return writes
}

/** Whether nothing left the slice and nothing in it changed. */
function isKept({ slice, endpoints }: { slice: EndpointSlice; endpoints: readonly Endpoint[] }) {
  return isSame(slice.endpoints ?? [], endpoints)
}

function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return [...addresses, hostname, targetRef?.uid, targetRef?.name].join(' ')
}

function writeIfChanged(
  slice: EndpointSlice,
  endpoints: readonly Endpoint[],
  { labels = {}, annotations = {} }: ObjectMeta,
): Write[] {
  const { metadata } = slice
  const isLabelled =
    isSame(metadata.labels ?? {}, labels) && isSame(metadata.annotations ?? {}, annotations)
  if (isLabelled && isSame(slice.endpoints ?? [], endpoints)) return []
  return [
    update('EndpointSlice', {
      ...slice,
      metadata: { ...metadata, labels, annotations },
      endpoints,
    }),
  ]
}

function createSlice(
  { addressType, ports }: SliceGroup,
  endpoints: readonly Endpoint[],
  metadata: ObjectMeta,
): Write {
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType,
    endpoints,
    ports,
  }
  return { ...create('EndpointSlice', slice), ignore: ['NamespaceTerminating'] }
}

/** Puts endpoints that share address type and ports together, in the order they come. */
export function groupEndpoints(
  entries: readonly {
    readonly addressType: 'IPv4' | 'IPv6'
    readonly ports: readonly DiscoveryEndpointPort[]
    readonly endpoint: Endpoint
  }[],
): readonly SliceGroup[] {
  const groups = new Map<string, SliceGroup & { readonly endpoints: Endpoint[] }>()
  for (const { addressType, ports, endpoint } of entries) {
    const key = groupKey({ addressType, ports })
    const group = groups.get(key) ?? { addressType, ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(endpoint)
  }
  return [...groups.values()]
}

export type AddressType = 'IPv4' | 'IPv6'

export const addressTypeOf = (address: string): AddressType =>
  address.includes(':') ? 'IPv6' : 'IPv4'
