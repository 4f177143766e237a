// The Service kube-dns and the EndpointSlice behind it. They are made by hand, since no Pod serves
// DNS: the agent does. In: addresses. Out: two objects for somebody else to create.

import type { EndpointSlice, Service } from '../api/types.gen.ts'

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
  readonly endpointSlice: EndpointSlice
} {
  return { service: kubeDnsService(clusterIP), endpointSlice: kubeDnsSlice(address) }
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
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
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
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153, protocol: 'TCP' },
    ],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  }
}
