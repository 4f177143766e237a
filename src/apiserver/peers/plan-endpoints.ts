// The living API servers -> the Endpoints and the EndpointSlice of the `kubernetes` Service. Pure.

import type { EndpointSlice, Endpoints } from '../../api/types.gen.ts'

export interface Servers {
  /** Not empty, each once. */
  readonly addresses: readonly string[]
  readonly port: number
}

const metadata = { name: 'kubernetes', namespace: 'default' }
const skipMirror = 'endpointslice.kubernetes.io/skip-mirror'
const serviceName = 'kubernetes.io/service-name'

/** Undefined where `current` is as it should be. */
export function planEndpoints(
  current: Endpoints | undefined,
  { addresses, port }: Servers,
): Endpoints | undefined {
  const [subset, ...more] = current?.subsets ?? []
  const has = (subset?.addresses ?? []).map(({ ip }) => ip)
  const isRight =
    more.length === 0 &&
    isSameSet(has, addresses) &&
    isPort(subset?.ports, port) &&
    current?.metadata.labels?.[skipMirror] === 'true'
  if (isRight) return undefined
  const { labels } = current?.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...(current?.metadata ?? metadata), labels: { ...labels, [skipMirror]: 'true' } },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [httpsPort(port)] }],
  }
}

/** Undefined where `current` is as it should be. */
export function planEndpointSlice(
  current: EndpointSlice | undefined,
  { addresses, port }: Servers,
): EndpointSlice | undefined {
  const has = (current?.endpoints ?? []).flatMap((endpoint) => endpoint.addresses)
  const isRight =
    isSameSet(has, addresses) &&
    isPort(current?.ports, port) &&
    current?.metadata.labels?.[serviceName] === metadata.name
  if (isRight) return undefined
  const { labels } = current?.metadata ?? {}
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...(current?.metadata ?? metadata),
      labels: { ...labels, [serviceName]: metadata.name },
    },
    addressType: current?.addressType ?? (addresses[0]?.includes(':') ? 'IPv6' : 'IPv4'),
    endpoints: addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [httpsPort(port)],
  }
}

function httpsPort(port: number) {
  return { name: 'https', port, protocol: 'TCP' } as const
}

type Port = { readonly name?: string; readonly port?: number; readonly protocol?: string }

function isPort(ports: readonly Port[] | undefined, port: number): boolean {
  const [only, ...more] = ports ?? []
  if (!only || more.length > 0) return false
  return only.name === 'https' && only.port === port && (only.protocol ?? 'TCP') === 'TCP'
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set(a).isSubsetOf(new Set(b)) && new Set(a).size === a.length
}
