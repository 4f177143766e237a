// Which ports of the host lead into the cluster: those that were asked for, and every node port.
// In: ports asked for, Services, EndpointSlices, nodes. Out: what to listen on, and where it leads.

import type { EndpointSlice, Service, ServicePort } from '../api/types.gen.ts'

/** A port that somebody asked for, by the kind file or later. */
export interface AskedPort {
  readonly listenAddress: string
  readonly hostPort: number
  readonly node: string
  readonly nodePort: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
}

export interface PublishedNode {
  readonly name: string
  readonly address: string
}

/** One thing to listen on. */
export interface Publication {
  readonly protocol: 'TCP' | 'UDP'
  readonly listenAddress: string
  readonly hostPort: number
  readonly targetPort: number
  /** Addresses of nodes that answer there, any of which will do. */
  readonly targetAddresses: readonly string[]
  /** Whose node port it is. */
  readonly service?: Service
}

export interface PublishView {
  readonly asked: readonly AskedPort[]
  readonly services: readonly Service[]
  readonly slicesOf: (service: Service) => readonly EndpointSlice[]
  readonly nodes: readonly PublishedNode[]
}

/** Node ports answer where every user of a machine can reach them and nobody else. */
const nodePortAddress = '127.0.0.1'

/** By key; the host's socket for SCTP would need a module that few kernels have. */
export function planPublications(view: PublishView): ReadonlyMap<string, Publication> {
  const asked = view.asked.flatMap((port) => askedPublication(port, view.nodes))
  const taken = new Set(asked.flatMap(placesTaken))
  const nodePorts = view.services.flatMap((service) => nodePortPublications(service, view))
  const free = nodePorts.filter((one) => !taken.has(publicationKey(one)))
  return new Map([...asked, ...free].map((one) => [publicationKey(one), one]))
}

export function publicationKey(one: {
  readonly protocol: string
  readonly listenAddress: string
  readonly hostPort: number
}): string {
  return `${one.protocol} ${one.listenAddress}:${one.hostPort}`
}

function askedPublication(
  port: AskedPort,
  nodes: readonly PublishedNode[],
): readonly Publication[] {
  const { protocol, listenAddress, hostPort, nodePort } = port
  const node = nodes.find(({ name }) => name === port.node)
  if (!node || protocol === 'SCTP') return []
  const target = { targetPort: nodePort, targetAddresses: [node.address] }
  return [{ protocol, listenAddress, hostPort, ...target }]
}

/** Listening on every address takes the port of loopback as well. */
function placesTaken(one: Publication): readonly string[] {
  return one.listenAddress === '0.0.0.0'
    ? [publicationKey(one), publicationKey({ ...one, listenAddress: nodePortAddress })]
    : [publicationKey(one)]
}

function nodePortPublications(service: Service, view: PublishView): readonly Publication[] {
  const { type, ports = [] } = service.spec ?? {}
  if (type !== 'NodePort' && type !== 'LoadBalancer') return []
  const answering = answeringNodes(service, view)
  // Each node remembers by itself which Pod a client is to keep: he has to keep the node, too.
  const isOneNode = service.spec?.sessionAffinity === 'ClientIP'
  const targetAddresses = isOneNode ? answering.slice(0, 1) : answering
  return ports.flatMap((port) => nodePortPublication(port, { service, targetAddresses }))
}

function nodePortPublication(
  { nodePort, protocol = 'TCP' }: ServicePort,
  rest: Required<Pick<Publication, 'service' | 'targetAddresses'>>,
): readonly Publication[] {
  if (!nodePort || protocol === 'SCTP') return []
  const place = { listenAddress: nodePortAddress, hostPort: nodePort, targetPort: nodePort }
  return [{ protocol, ...place, ...rest }]
}

/** With the policy Local only nodes with a Pod of the Service answer. */
function answeringNodes(service: Service, { slicesOf, nodes }: PublishView): readonly string[] {
  const all = nodes.map(({ address }) => address)
  if (service.spec?.externalTrafficPolicy !== 'Local') return all
  const endpoints = slicesOf(service).flatMap((slice) => slice.endpoints ?? [])
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  const names = new Set(ready.map(({ nodeName }) => nodeName))
  const local = nodes.filter(({ name }) => names.has(name)).map(({ address }) => address)
  return local.length > 0 ? local : all
}
