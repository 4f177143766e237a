// What a cluster is to be, settled before anything starts: names, addresses, nodes, ports.
// In: flags and a kind file. Out: one plain object, kept as cluster.json.

export interface NodeConfig {
  /** NAME-control-plane, NAME-worker, NAME-worker2, ... as kind names them. */
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  /** 172.18.0.2 for the first node. */
  readonly address: string
  /** This node's share of podSubnet, 10.244.0.0/24 for the first node. */
  readonly podCidr: string
  readonly labels: Readonly<Record<string, string>>
  /** Taints the node registers with, e.g. the control plane's where there are workers. */
  readonly taints: readonly NodeTaint[]
  readonly mounts: readonly NodeMount[]
}

export interface NodeTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

export interface NodeMount {
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
  readonly propagation: 'None' | 'HostToContainer' | 'Bidirectional'
}

/** A port of the host that leads to a port of a node. */
export interface PublishedPort {
  readonly listenAddress: string
  /** 0: the host chooses. */
  readonly hostPort: number
  readonly node: string
  readonly nodePort: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
}

export interface ClusterConfig {
  readonly name: string
  readonly nodes: readonly NodeConfig[]
  readonly ports: readonly PublishedPort[]
  /** cluster.local unless set. */
  readonly domain: string
  /** Search domains of the nodes; absent: the host's own. */
  readonly dnsSearch?: readonly string[]
  readonly podSubnet: string
  readonly serviceSubnet: string
  /** Where clients on the host reach the API server; port 0 lets the system choose at `up`. */
  readonly apiServer: { readonly address: string; readonly port: number }
  /** Settings of the API server by upstream's names; of files, absolute paths on the host. */
  readonly apiServerArgs?: Readonly<Record<string, string>>
  readonly featureGates: Readonly<Record<string, boolean>>
  readonly runtimeConfig: Readonly<Record<string, string>>
  /** Where objects are kept; absent: in the cluster's own log. */
  readonly etcd?: EtcdConfig
}

/** An etcd of the host's network. It is not ours: its data outlives the cluster. */
export interface EtcdConfig {
  /** http://HOST:PORT or https://HOST:PORT, each a member. */
  readonly endpoints: readonly string[]
  /** Paths of PEM files. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** A user of etcd, and the path of the file with the password. */
  readonly user?: string
  readonly passwordFile?: string
}

/** The fabric's own side: the bridge address, where the control plane and the agent live. */
export const fabricAddress = '172.18.0.1'
export const fabricSubnet = '172.18.0.0/16'
/** Port of the API server in the fabric. */
export const fabricApiPort = 6443
