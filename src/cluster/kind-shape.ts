// Table: every field of kind's v1alpha4 Cluster file and the values it may have. A file is checked
// against it before anything reads a value.

export type Shape =
  | { readonly type: 'string'; readonly oneOf?: readonly string[] }
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'list'; readonly of: Shape }
  | { readonly type: 'map'; readonly of: Shape }
  | { readonly type: 'object'; readonly fields: Readonly<Record<string, Shape>> }

const text: Shape = { type: 'string' }
const flag: Shape = { type: 'boolean' }
const oneOf = (...values: string[]): Shape => ({ type: 'string', oneOf: values })
const list = (of: Shape): Shape => ({ type: 'list', of })
const map = (of: Shape): Shape => ({ type: 'map', of })
const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ type: 'object', fields })
/** -1 and 0 leave the choice to the system. */
const port: Shape = { type: 'integer', min: -1, max: 65535 }

const jsonPatch = object({ group: text, version: text, kind: text, patch: text })

const mount = object({
  containerPath: text,
  hostPath: text,
  readOnly: flag,
  selinuxRelabel: flag,
  propagation: oneOf('None', 'HostToContainer', 'Bidirectional'),
})

const portMapping = object({
  containerPort: port,
  hostPort: port,
  listenAddress: text,
  protocol: oneOf('TCP', 'UDP', 'SCTP'),
})

const node = object({
  role: oneOf('control-plane', 'worker'),
  image: text,
  labels: map(text),
  extraMounts: list(mount),
  extraPortMappings: list(portMapping),
  kubeadmConfigPatches: list(text),
  kubeadmConfigPatchesJSON6902: list(jsonPatch),
})

const networking = object({
  ipFamily: oneOf('ipv4', 'ipv6', 'dual'),
  apiServerPort: port,
  apiServerAddress: text,
  podSubnet: text,
  serviceSubnet: text,
  disableDefaultCNI: flag,
  kubeProxyMode: oneOf('iptables', 'ipvs', 'nftables', 'none'),
  dnsSearch: list(text),
})

export const kindClusterShape = object({
  kind: oneOf('Cluster'),
  apiVersion: oneOf('kind.x-k8s.io/v1alpha4'),
  name: text,
  nodes: list(node),
  networking,
  featureGates: map(flag),
  runtimeConfig: map(text),
  kubeadmConfigPatches: list(text),
  kubeadmConfigPatchesJSON6902: list(jsonPatch),
  containerdConfigPatches: list(text),
  containerdConfigPatchesJSON6902: list(text),
})

/** A file that passed the check, as far as its types go. */
export interface KindCluster {
  readonly name?: string
  readonly nodes?: readonly KindNode[]
  readonly networking?: KindNetworking
  readonly featureGates?: Readonly<Record<string, boolean>>
  readonly runtimeConfig?: Readonly<Record<string, string>>
  readonly kubeadmConfigPatches?: readonly string[]
  readonly kubeadmConfigPatchesJSON6902?: readonly object[]
  readonly containerdConfigPatches?: readonly string[]
  readonly containerdConfigPatchesJSON6902?: readonly string[]
}

export interface KindNode {
  readonly role?: 'control-plane' | 'worker'
  readonly image?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly extraMounts?: readonly KindMount[]
  readonly extraPortMappings?: readonly KindPortMapping[]
  readonly kubeadmConfigPatches?: readonly string[]
  readonly kubeadmConfigPatchesJSON6902?: readonly object[]
}

export interface KindMount {
  readonly containerPath?: string
  readonly hostPath?: string
  readonly readOnly?: boolean
  readonly selinuxRelabel?: boolean
  readonly propagation?: 'None' | 'HostToContainer' | 'Bidirectional'
}

export interface KindPortMapping {
  readonly containerPort?: number
  readonly hostPort?: number
  readonly listenAddress?: string
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
}

export interface KindNetworking {
  readonly ipFamily?: 'ipv4' | 'ipv6' | 'dual'
  readonly apiServerPort?: number
  readonly apiServerAddress?: string
  readonly podSubnet?: string
  readonly serviceSubnet?: string
  readonly disableDefaultCNI?: boolean
  readonly kubeProxyMode?: 'iptables' | 'ipvs' | 'nftables' | 'none'
  readonly dnsSearch?: readonly string[]
}
