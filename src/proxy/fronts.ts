// Where Services answer: plans a Service's fronts, each an address and port (or a port of every
// address of the node) with the targets behind it.
// In: a Service, its EndpointSlices, the node. Out: fronts, and the Pods that may reach themselves.

import type { Service, ServicePort } from '../api/types.gen.ts'
import { type Ipv4Range, isInRange, parseIpv4 } from '../lib/ip.ts'
import { type PortTargets, type ServiceView, type Target, targetsOf } from './endpoints.ts'

export type Protocol = 'tcp' | 'udp' | 'sctp'

export interface Front {
  /** Undefined: the node's own addresses, whichever they are. */
  readonly address?: string
  readonly protocol: Protocol
  readonly port: number
  /** Only for traffic of Pods and of the node itself, which the policy Local does not bind. */
  readonly isForInside: boolean
  readonly targets: readonly Target[]
  readonly affinitySeconds?: number
  /** Targets see the node's address in place of the caller's. */
  readonly isMasqueraded: boolean
  /** What happens where there are no targets. */
  readonly refusal: 'reject' | 'drop'
}

export interface ServicePlan {
  readonly fronts: readonly Front[]
  readonly clusterIPs: readonly string[]
  /** Pods of this node that a front may lead back to. */
  readonly hairpins: readonly string[]
}

export interface FrontOptions {
  /** False where no Service answers on the own addresses: in the fabric's namespace. */
  readonly hasNodePorts: boolean
  /** The addresses of this node's Pods. */
  readonly podRange?: Ipv4Range
}

const nothing: ServicePlan = { fronts: [], clusterIPs: [], hairpins: [] }

export function planService(view: ServiceView, options: FrontOptions): ServicePlan {
  const { service } = view
  if (!isProxied(service)) return nothing
  const clusterIPs = clusterIPsOf(service)
  const fronts = (service.spec?.ports ?? []).flatMap((port) => portFronts(view, port, options))
  return { fronts, clusterIPs, hairpins: hairpinsOf(fronts, options.podRange) }
}

function portFronts(
  view: ServiceView,
  port: ServicePort,
  { hasNodePorts }: FrontOptions,
): readonly Front[] {
  const { service } = view
  const targets = targetsOf(view, port)
  const protocol = protocolOf(port)
  const inside = clusterIPsOf(service).map((address) =>
    clusterFront({ service, targets }, { address, protocol, port: port.port }),
  )
  const outside = outsideAddresses(service).map((address) => ({ address, port: port.port }))
  const nodePorts = hasNodePorts && port.nodePort ? [{ port: port.nodePort }] : []
  return [
    ...inside,
    ...[...outside, ...nodePorts].flatMap((at) =>
      outsideFronts({ service, targets }, { protocol, ...at }),
    ),
  ]
}

interface Behind {
  readonly service: Service
  readonly targets: PortTargets
}

type At = Pick<Front, 'address' | 'protocol' | 'port'>

function clusterFront({ service, targets }: Behind, at: At): Front {
  return {
    ...at,
    ...affinityOf(service),
    isForInside: false,
    targets: targets.internal,
    isMasqueraded: false,
    refusal: targets.hasAny ? 'drop' : 'reject',
  }
}

/**
 * With the policy Local, callers from outside keep their address and reach this node's Pods
 * alone; Pods and the node itself reach all of them.
 */
function outsideFronts({ service, targets }: Behind, at: At): readonly Front[] {
  const isLocal = service.spec?.externalTrafficPolicy === 'Local'
  const refusal = targets.hasAny ? 'drop' : 'reject'
  const shared = { ...at, ...affinityOf(service), refusal } as const
  const outside: Front = {
    ...shared,
    isForInside: false,
    targets: targets.external,
    isMasqueraded: !isLocal,
  }
  if (!isLocal || targets.cluster.length === 0) return [outside]
  return [
    outside,
    {
      ...shared,
      isForInside: true,
      targets: targets.cluster,
      isMasqueraded: at.address === undefined,
    },
  ]
}

function hairpinsOf(fronts: readonly Front[], range: Ipv4Range | undefined): readonly string[] {
  if (!range) return []
  const addresses = fronts.flatMap(({ targets }) => targets.map(({ address }) => address))
  return [...new Set(addresses)].filter((address) => isInRange(parseIpv4(address) ?? -1, range))
}

/** A Service of another proxy, without an address of its own, or one that is only a name. */
function isProxied({ metadata, spec }: Service): boolean {
  return (
    spec?.type !== 'ExternalName' &&
    metadata.labels?.['service.kubernetes.io/service-proxy-name'] === undefined &&
    spec?.clusterIP !== 'None'
  )
}

function clusterIPsOf({ spec }: Service): readonly string[] {
  const { clusterIPs = spec?.clusterIP ? [spec.clusterIP] : [] } = spec ?? {}
  return clusterIPs.filter((address) => parseIpv4(address) !== undefined)
}

/** externalIPs, and the addresses of the load balancer unless they lead to a proxy of its own. */
function outsideAddresses({ spec, status }: Service): readonly string[] {
  const balanced = (status?.loadBalancer?.ingress ?? [])
    .filter(({ ipMode }) => ipMode !== 'Proxy')
    .map(({ ip }) => ip ?? '')
  const isAddress = (address: string) => parseIpv4(address) !== undefined
  return [...new Set([...(spec?.externalIPs ?? []), ...balanced])].filter(isAddress)
}

function affinityOf({ spec }: Service): { affinitySeconds?: number } {
  if (spec?.sessionAffinity !== 'ClientIP') return {}
  return { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 }
}

function protocolOf({ protocol = 'TCP' }: ServicePort): Protocol {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}

/** Equal for two fronts that would answer in the same place. */
export function frontKey({ address = 'node', protocol, port, isForInside }: Front): string {
  return `${address} ${protocol} ${port}${isForInside ? ' inside' : ''}`
}
