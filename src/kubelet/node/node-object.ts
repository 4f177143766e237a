// The Node object as the kubelet makes it. In: its configuration and the machine's facts. Out:
// metadata, spec and status; conditions come from node-conditions. Pure.

import { mayKubeletSet } from '../../api/kubelet-labels.ts'
import { kubernetesRelease } from '../../api/kubernetes-version.ts'
import type { ContainerImage, Node, NodeStatus, Taint } from '../../api/types.gen.ts'
import type { Image } from '../../cri/cri.ts'
import type { MachineFacts } from './machine.ts'

export interface NodeSettings {
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  readonly address: string
  readonly podCidr: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** Where its kubelet is reached by clients of the node's address. */
  readonly port: number
}

export interface Capacity {
  readonly cpu: string
  readonly memory: string
  readonly 'ephemeral-storage': string
  readonly 'hugepages-1Gi': string
  readonly 'hugepages-2Mi': string
  readonly pods: string
}

/** kind's way: only a control plane with workers beside it keeps Pods off. */
export function defaultTaints(role: NodeSettings['role'], nodeCount: number): readonly Taint[] {
  return role === 'control-plane' && nodeCount > 1
    ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]
    : []
}

/** Those that a kubelet may give its node; roles are an administrator's to say. */
export function nodeLabels(
  { name, labels }: NodeSettings,
  architecture: string,
): Readonly<Record<string, string>> {
  const own = Object.entries(labels).filter(([label]) => mayKubeletSet(label))
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...Object.fromEntries(own),
  }
}

export function newNode(settings: NodeSettings, architecture: string, status: NodeStatus): Node {
  const { name, podCidr, taints } = settings
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: nodeLabels(settings, architecture),
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      podCIDR: podCidr,
      podCIDRs: [podCidr],
      ...(taints.length > 0 && { taints }),
    },
    status,
  }
}

export function machineCapacity(machine: MachineFacts, most = 110): Capacity {
  return {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(machine.diskBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: String(most),
  }
}

export interface RuntimeFacts {
  readonly name: string
  readonly version: string
  readonly handlers: readonly string[]
  readonly images: readonly Image[]
}

/** Images reported at most, the largest first. */
const mostImages = 50
const mostNames = 5

export function nodeStatus(
  { name, address, port }: NodeSettings,
  machine: MachineFacts,
  { capacity, runtime }: { readonly capacity: Capacity; readonly runtime: RuntimeFacts },
): NodeStatus {
  const amounts: Readonly<Record<string, string>> = { ...capacity }
  return {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    capacity: amounts,
    allocatable: amounts,
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootId,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: kubernetesRelease,
      machineID: machine.machineId,
      operatingSystem: 'linux',
      osImage: machine.osImage,
      systemUUID: machine.systemUuid,
    },
    images: runtime.images
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, mostImages)
      .map(reported),
    runtimeHandlers: runtime.handlers.map((handler) => ({
      name: handler,
      features: { recursiveReadOnlyMounts: false, userNamespaces: false },
    })),
  }
}

function reported({ repoDigests, repoTags, sizeBytes }: Image): ContainerImage {
  return { names: [...repoDigests, ...repoTags].slice(0, mostNames), sizeBytes }
}
