// Plan: flags and a kind file -> the ClusterConfig, and a warning for each field of the file that
// is not honoured. Throws UserError where what is asked for cannot be.

import { isIP } from 'node:net'
import { planApiServerArgs } from './api-server-args.ts'
import {
  type ClusterConfig,
  type EtcdConfig,
  fabricSubnet,
  type NodeConfig,
  type NodeMount,
  type NodeTaint,
  type PublishedPort,
} from './config.ts'
import type { KindCluster, KindMount, KindNetworking, KindNode } from './kind-shape.ts'
import { type KubeadmWishes, kubeadmWishes } from './kubeadm-patches.ts'
import {
  formatAddress,
  formatSubnet,
  overlaps,
  parseSubnet,
  partOf,
  type Subnet,
} from './subnet.ts'
import { unhonoured } from './unhonoured.ts'
import { UserError } from './user-error.ts'

export interface Wish {
  readonly name?: string
  /** How many nodes: the first is the control plane. */
  readonly nodes?: number
  readonly domain?: string
  readonly kind?: KindCluster
  readonly etcd?: EtcdConfig
  /** Settings of the API server by flags; paths are the host's. */
  readonly apiServerArgs?: Readonly<Record<string, string>>
  /** Relative host paths of a kind file start here. */
  readonly resolveHostPath?: (path: string) => string
}

export interface ClusterPlan {
  readonly config: ClusterConfig
  readonly warnings: readonly string[]
}

export const defaultName = 'sampan'
const defaultNodes = 3
/** Nodes are 172.18.0.2 .. 172.18.0.254, kubelets 10251 .. 10503 in the fabric. */
const mostNodes = 253

export function planCluster(wish: Wish): ClusterPlan {
  const { kind } = wish
  const name = validName(wish.name ?? kind?.name ?? defaultName)
  const networking = kind?.networking ?? {}
  const { podSubnet, serviceSubnet } = subnets(networking)
  const kindNodes = wantedNodes(wish)
  const names = nodeNames(name, kindNodes)
  const patches = kubeadmWishes(kind, kindNodes)
  const nodes = kindNodes.map((node, index) =>
    planNode(node, {
      index,
      name: names[index] ?? '',
      podSubnet,
      patches: patches.nodes[index] ?? { labels: {}, taints: undefined },
      isAlone: kindNodes.length === 1,
      resolveHostPath: wish.resolveHostPath ?? ((path) => path),
    }),
  )
  const apiServerArgs = {
    ...planApiServerArgs(patches.apiServer, nodes[0]?.mounts ?? []),
    ...wish.apiServerArgs,
  }
  const ports = kindNodes.flatMap((node, index) => planPorts(node, names[index] ?? ''))
  refuseClashes(ports)
  return {
    config: {
      name,
      nodes,
      ports: ports.filter(({ protocol }) => protocol !== 'SCTP'),
      domain: validDomain(wish.domain ?? patches.domain ?? 'cluster.local'),
      ...(networking.dnsSearch && { dnsSearch: networking.dnsSearch }),
      podSubnet: formatSubnet(podSubnet),
      serviceSubnet: formatSubnet(serviceSubnet),
      apiServer: {
        address: validAddress(networking.apiServerAddress ?? '127.0.0.1', 'apiServerAddress'),
        port: Math.max(0, networking.apiServerPort ?? 0),
      },
      ...(Object.keys(apiServerArgs).length > 0 && { apiServerArgs }),
      featureGates: kind?.featureGates ?? {},
      runtimeConfig: kind?.runtimeConfig ?? {},
      ...(wish.etcd && { etcd: wish.etcd }),
    },
    warnings: [...unhonoured(kind ?? {}), ...patches.warnings],
  }
}

/** kind's own rule, and short enough for the names of nodes to be DNS labels. */
export function validName(name: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) || name.length > 40) {
    throw new UserError(
      `"${name}" cannot name a cluster: use up to 40 letters a-z, digits, "-" and "."`,
    )
  }
  return name
}

function wantedNodes({ kind, nodes }: Wish): readonly KindNode[] {
  if (kind?.nodes?.length) {
    if (nodes !== undefined) {
      throw new UserError('--nodes and the nodes of the kind file: give one of the two')
    }
    if (!kind.nodes.some((node) => roleOf(node) === 'control-plane')) {
      throw new UserError('nodes: at least one must have the role control-plane')
    }
    return limited(kind.nodes)
  }
  const count = nodes ?? (kind ? 1 : defaultNodes)
  if (!Number.isInteger(count) || count < 1) throw new UserError('--nodes: expected 1 or more')
  return limited(
    Array.from({ length: count }, (_, index) => ({
      role: index === 0 ? ('control-plane' as const) : ('worker' as const),
    })),
  )
}

function limited(nodes: readonly KindNode[]): readonly KindNode[] {
  if (nodes.length > mostNodes) throw new UserError(`a cluster has at most ${mostNodes} nodes here`)
  return nodes
}

/** As kind: an unset role is control-plane. */
function roleOf(node: KindNode): NodeConfig['role'] {
  return node.role ?? 'control-plane'
}

/** The first of a role is NAME-ROLE, the second NAME-ROLE2, and so on. */
function nodeNames(cluster: string, nodes: readonly KindNode[]): readonly string[] {
  const counts = new Map<string, number>()
  return nodes.map((node) => {
    const role = roleOf(node)
    const count = (counts.get(role) ?? 0) + 1
    counts.set(role, count)
    return `${cluster}-${role}${count > 1 ? count : ''}`
  })
}

interface NodePlace {
  readonly index: number
  readonly name: string
  readonly podSubnet: Subnet
  readonly patches: KubeadmWishes
  readonly isAlone: boolean
  readonly resolveHostPath: (path: string) => string
}

function planNode(node: KindNode, place: NodePlace): NodeConfig {
  const role = roleOf(node)
  const share = partOf(place.podSubnet, 24, place.index)
  if (!share) throw new UserError('networking.podSubnet: too small for a /24 for each node')
  const ownTaints = role === 'control-plane' && !place.isAlone ? [controlPlaneTaint] : []
  return {
    name: place.name,
    role,
    address: formatAddress(firstNodeAddress + place.index),
    podCidr: formatSubnet(share),
    labels: {
      ...(role === 'control-plane' && controlPlaneLabels(place.isAlone)),
      ...node.labels,
      ...place.patches.labels,
    },
    taints: place.patches.taints ?? ownTaints,
    mounts: (node.extraMounts ?? []).map((mount) => planMount(mount, place.resolveHostPath)),
  }
}

const firstNodeAddress = (parseSubnet(fabricSubnet)?.base ?? 0) + 2

const controlPlaneTaint: NodeTaint = {
  key: 'node-role.kubernetes.io/control-plane',
  effect: 'NoSchedule',
}

/** As kubeadm; kind lets a single node take load balancers' traffic. */
function controlPlaneLabels(isAlone: boolean): Readonly<Record<string, string>> {
  return {
    'node-role.kubernetes.io/control-plane': '',
    ...(!isAlone && { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }),
  }
}

function planMount(mount: KindMount, resolveHostPath: (path: string) => string): NodeMount {
  const { hostPath, containerPath } = mount
  if (!hostPath || !containerPath?.startsWith('/')) {
    throw new UserError('extraMounts: each needs a hostPath and an absolute containerPath')
  }
  return {
    hostPath: resolveHostPath(hostPath),
    containerPath,
    readOnly: mount.readOnly ?? false,
    propagation: mount.propagation ?? 'None',
  }
}

function planPorts(node: KindNode, name: string): readonly PublishedPort[] {
  return (node.extraPortMappings ?? []).map((mapping) => {
    const { containerPort = 0, hostPort = 0, listenAddress = '0.0.0.0' } = mapping
    if (containerPort < 1) {
      throw new UserError('extraPortMappings: each needs a containerPort from 1 to 65535')
    }
    return {
      listenAddress: validAddress(listenAddress || '0.0.0.0', 'listenAddress'),
      hostPort: Math.max(0, hostPort),
      node: name,
      nodePort: containerPort,
      protocol: mapping.protocol ?? 'TCP',
    }
  })
}

/** Two mappings of one port clash when either listens on every address. */
function refuseClashes(ports: readonly PublishedPort[]): void {
  for (const [index, port] of ports.entries()) {
    const other = ports.slice(0, index).find((earlier) => clash(earlier, port))
    if (other) {
      throw new UserError(
        `extraPortMappings: ${port.listenAddress}:${port.hostPort}/${port.protocol} is mapped twice`,
      )
    }
  }
}

function clash(a: PublishedPort, b: PublishedPort): boolean {
  const isWild = [a, b].some(({ listenAddress }) => /^(0\.0\.0\.0|::)$/.test(listenAddress))
  return (
    a.hostPort !== 0 &&
    a.hostPort === b.hostPort &&
    a.protocol === b.protocol &&
    (isWild || a.listenAddress === b.listenAddress)
  )
}

function subnets(networking: KindNetworking): { podSubnet: Subnet; serviceSubnet: Subnet } {
  const podSubnet = subnetOf(networking.podSubnet ?? '10.244.0.0/16', 'podSubnet')
  const serviceSubnet = subnetOf(networking.serviceSubnet ?? '10.96.0.0/16', 'serviceSubnet')
  if (serviceSubnet.prefixLength < 12 || serviceSubnet.prefixLength > 28) {
    throw new UserError('networking.serviceSubnet: its length must be from /12 to /28')
  }
  const fabric = subnetOf(fabricSubnet, 'fabric')
  const named = { podSubnet, serviceSubnet, [`the nodes' ${fabricSubnet}`]: fabric }
  const entries = Object.entries(named)
  for (const [index, [nameA, a]] of entries.entries()) {
    for (const [nameB, b] of entries.slice(index + 1)) {
      if (overlaps(a, b)) throw new UserError(`networking: ${nameA} overlaps ${nameB}`)
    }
  }
  return { podSubnet, serviceSubnet }
}

function subnetOf(text: string, field: string): Subnet {
  // Of a dual-stack pair the IPv4 half counts; the warning says so.
  const subnet = text
    .split(',')
    .map((part) => parseSubnet(part.trim()))
    .find(Boolean)
  if (!subnet) throw new UserError(`networking.${field}: "${text}" holds no IPv4 subnet`)
  return subnet
}

function validAddress(address: string, field: string): string {
  if (isIP(address) === 0) throw new UserError(`${field}: "${address}" is not an IP address`)
  return address
}

function validDomain(domain: string): string {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
  if (!new RegExp(`^${label}(\\.${label})*$`).test(domain) || domain.length > 180) {
    throw new UserError(`"${domain}" is not a DNS domain, e.g. cluster.local`)
  }
  return domain
}
