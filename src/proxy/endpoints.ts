// Which endpoints a Service port sends traffic to, seen from one node.
// In: a Service, its EndpointSlices and the node. Out: targets, for traffic of each origin.
// The rules are those of upstream's CategorizeEndpoints (pkg/proxy/topology.go).

import type { Endpoint, EndpointSlice, Service, ServicePort } from '../api/types.gen.ts'

/** The node from which Services are seen; without a name it has no endpoints of its own. */
export interface NodeView {
  readonly name?: string
  readonly zone?: string
}

/** `10.244.1.7 . 8080`, the form in which a rule uses it. */
export interface Target {
  readonly address: string
  readonly port: number
}

export interface PortTargets {
  /** For traffic that comes from Pods and nodes to the cluster IP. */
  readonly internal: readonly Target[]
  /** For traffic from outside, to node ports and addresses from outside. */
  readonly external: readonly Target[]
  /** Regardless of traffic policies. */
  readonly cluster: readonly Target[]
  /** The Service has endpoints that take traffic, if only on other nodes. */
  readonly hasAny: boolean
}

interface Candidate extends Target {
  readonly endpoint: Endpoint
}

export interface ServiceView {
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
  readonly node: NodeView
}

export function targetsOf(view: ServiceView, port: ServicePort): PortTargets {
  const { service, node } = view
  const all = candidatesOf(view, port)
  const cluster = usable(nearby(all, node))
  const local = usable(all.filter(({ endpoint }) => isLocal(endpoint, node)))
  const { internalTrafficPolicy, externalTrafficPolicy } = service.spec ?? {}
  return {
    cluster: cluster.map(bare),
    internal: (internalTrafficPolicy === 'Local' ? local : cluster).map(bare),
    external: (externalTrafficPolicy === 'Local' ? local : cluster).map(bare),
    hasAny: usable(all).length > 0,
  }
}

/** One candidate an address and port, however many slices name it. */
function candidatesOf({ slices }: ServiceView, port: ServicePort): readonly Candidate[] {
  const found = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const slicePort = (slice.ports ?? []).find((one) => (one.name ?? '') === (port.name ?? ''))
    if (slicePort?.port === undefined) continue
    if ((slicePort.protocol ?? 'TCP') !== (port.protocol ?? 'TCP')) continue
    for (const endpoint of slice.endpoints ?? []) {
      const [address] = endpoint.addresses
      if (address === undefined) continue
      const key = `${address}:${slicePort.port}`
      const known = found.get(key)
      if (known && (isReady(known.endpoint) || !isReady(endpoint))) continue
      found.set(key, { address, port: slicePort.port, endpoint })
    }
  }
  return [...found.values()]
}

/** Ready ones, or where there are none those that still serve while they end (KEP-1669). */
function usable(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(({ endpoint }) => isReady(endpoint))
  return ready.length > 0 ? ready : candidates.filter(({ endpoint }) => isEnding(endpoint))
}

/** Hints count only when every ready endpoint has them and one of them is meant for this node. */
function nearby(candidates: readonly Candidate[], node: NodeView): readonly Candidate[] {
  const ready = candidates.filter(({ endpoint }) => isReady(endpoint))
  const narrowed = (isFor: (endpoint: Endpoint) => boolean | undefined) => {
    const answers = ready.map(({ endpoint }) => isFor(endpoint))
    if (answers.includes(undefined) || !answers.includes(true)) return undefined
    return candidates.filter(({ endpoint }) => isFor(endpoint))
  }
  return narrowed(hintsNode(node)) ?? narrowed(hintsZone(node)) ?? candidates
}

const hintsNode = (node: NodeView) => (endpoint: Endpoint) =>
  endpoint.hints?.forNodes?.some(({ name }) => name === node.name)

const hintsZone = (node: NodeView) => (endpoint: Endpoint) =>
  endpoint.hints?.forZones?.some(({ name }) => name === node.zone)

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false
}

function isEnding({ conditions }: Endpoint): boolean {
  return conditions?.terminating === true && conditions.serving !== false
}

function isLocal({ nodeName }: Endpoint, node: NodeView): boolean {
  return node.name !== undefined && nodeName === node.name
}

function bare({ address, port }: Candidate): Target {
  return { address, port }
}
