// Table: the fields of a kind file that change nothing here, and why. In: a checked file. Out: one
// warning for each such field that is set.

import type { KindCluster, KindNode } from './kind-shape.ts'

interface Rule<T> {
  readonly field: string
  readonly isSet: (value: T) => boolean
  readonly why: string
}

const clusterRules: readonly Rule<KindCluster>[] = [
  {
    field: 'networking.ipFamily',
    isSet: ({ networking }) => !['ipv4', undefined].includes(networking?.ipFamily),
    why: 'Pods and Services have IPv4 addresses only',
  },
  {
    field: 'networking.disableDefaultCNI',
    isSet: ({ networking }) => networking?.disableDefaultCNI === true,
    why: 'the pod network is part of the nodes and stays on',
  },
  {
    field: 'networking.kubeProxyMode',
    isSet: ({ networking }) => !['nftables', undefined].includes(networking?.kubeProxyMode),
    why: 'Services are always served by nftables',
  },
  {
    field: 'kubeadmConfigPatchesJSON6902',
    isSet: ({ kubeadmConfigPatchesJSON6902: patches }) => Boolean(patches?.length),
    why: 'no kubeadm sets this cluster up',
  },
  {
    field: 'containerdConfigPatches',
    isSet: ({ containerdConfigPatches: patches }) => Boolean(patches?.length),
    why: 'there is no containerd: the nodes run containers themselves',
  },
  {
    field: 'containerdConfigPatchesJSON6902',
    isSet: ({ containerdConfigPatchesJSON6902: patches }) => Boolean(patches?.length),
    why: 'there is no containerd: the nodes run containers themselves',
  },
]

const nodeRules: readonly Rule<KindNode>[] = [
  {
    field: 'image',
    isSet: ({ image }) => Boolean(image),
    why: 'nodes are not made from images; the Kubernetes version is that of sampan version',
  },
  {
    field: 'kubeadmConfigPatchesJSON6902',
    isSet: ({ kubeadmConfigPatchesJSON6902: patches }) => Boolean(patches?.length),
    why: 'no kubeadm sets this cluster up',
  },
  {
    field: 'extraMounts.selinuxRelabel',
    isSet: ({ extraMounts = [] }) => extraMounts.some(({ selinuxRelabel }) => selinuxRelabel),
    why: 'files keep their SELinux labels',
  },
  {
    field: 'extraPortMappings.protocol',
    isSet: ({ extraPortMappings = [] }) =>
      extraPortMappings.some(({ protocol }) => protocol === 'SCTP'),
    why: 'SCTP ports cannot be published on the host; they are left out',
  },
]

export function unhonoured(kind: KindCluster): readonly string[] {
  const nodes = kind.nodes ?? []
  const controlPlanes = nodes.filter(({ role = 'control-plane' }) => role === 'control-plane')
  return [
    ...clusterRules.filter(({ isSet }) => isSet(kind)).map(warning('')),
    ...nodes.flatMap((node, index) =>
      nodeRules.filter(({ isSet }) => isSet(node)).map(warning(`nodes[${index}].`)),
    ),
    ...(controlPlanes.length > 1
      ? ['nodes: one API server serves them all, however many have the role control-plane']
      : []),
  ]
}

const warning =
  (prefix: string) =>
  ({ field, why }: { field: string; why: string }) =>
    `${prefix}${field} is ignored: ${why}`
