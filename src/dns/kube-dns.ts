// The Service kube-dns with the EndpointSlice and the Endpoints behind it. They are made by hand,
// since no Pod serves DNS: the agent does. In: addresses. Out: objects for somebody else to create.

import type { EndpointSlice, Endpoints, Service } from '../api/types.gen.ts'

export interface KubeDnsOptions {
  /** 10.96.0.10 */
  readonly clusterIP: string
  /** Where the agent listens: 172.18.0.1. */
  readonly address: string
}

const name = 'kube-dns'
const namespace = 'kube-system'

export function kubeDnsObjects({ clusterIP, address }: KubeDnsOptions): {
  readonly service: Service
  readonly endpoints: Endpoints
  readonly endpointSlice: EndpointSlice
} {
  return {
    service: kubeDnsService(clusterIP),
    endpoints: kubeDnsEndpoints(address),
    endpointSlice: kubeDnsSlice(address),
  }
}

const ports = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  { name: 'metrics', port: 9153, protocol: 'TCP' },
] as const

/** For those who read Endpoints; the slice is there already, so it is not to be mirrored. */
function kubeDnsEndpoints(address: string): Endpoints {
  const labels = { 'k8s-app': 'kube-dns', 'endpointslice.kubernetes.io/skip-mirror': 'true' }
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels },
    subsets: [{ addresses: [{ ip: address }], ports }],
  }
}

/** As kubeadm makes it, but without a selector: its endpoints are no Pods. */
function kubeDnsService(clusterIP: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'CoreDNS',
      },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      ports: ports.map((port) => ({ ...port, targetPort: port.port })),
    },
  }
}

function kubeDnsSlice(address: string): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'sampan',
      },
    },
    addressType: 'IPv4',
    ports,
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  }
}
