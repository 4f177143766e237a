// What else a fresh cluster contains: namespaces, priority classes, the default ServiceCIDR, the
// `kubernetes` Service, APIServices, and what kubeadm leaves for tools to find.

import { kubernetesRelease } from '../../api/kubernetes-version.ts'
import { extraPrefix, groupHeader, uidHeader, userHeader } from '../aggregation/identity-headers.ts'
import { builtinRegistrations } from '../aggregation/registrations.ts'
import type { FrontProxyTrust } from '../front/tls-front.ts'
import type { StoredObject } from './stored-object.ts'

export interface ClusterFacts {
  /** Where Pods reach the API server without the Service: the fabric's address. */
  readonly serverAddress: string
  readonly serverPort: number
  readonly serviceSubnet: string
  readonly podSubnet: string
  readonly domain: string
  readonly clusterName: string
  /** PEM of the CA of client certificates. */
  readonly clientCa: string
  readonly frontProxy?: FrontProxyTrust
}

export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export function namespaceObjects(): readonly StoredObject[] {
  return systemNamespaces.map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }))
}

export function clusterObjects(facts: ClusterFacts, now: Date): readonly StoredObject[] {
  return [
    ...priorityClasses,
    defaultServiceCidr(facts),
    kubernetesService(facts),
    ...kubernetesEndpoints(facts),
    ...builtinRegistrations().map((service) => ({ ...service })),
    authenticationConfig(facts),
    tokenTracking(now),
    kubeadmConfig(facts),
    clusterInfo(facts),
  ]
}

const priorityClasses: readonly StoredObject[] = [
  priorityClass(
    'system-node-critical',
    2000001000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2000000000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

function priorityClass(name: string, value: number, description: string): StoredObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
  }
}

export function defaultServiceCidr({ serviceSubnet }: ClusterFacts): StoredObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: serviceSubnet.split(',') },
  }
}

/** The first address of the subnet, which the allocator leaves to this Service. */
export function firstServiceAddress(serviceSubnet: string): string {
  const [network = ''] = (serviceSubnet.split(',')[0] ?? '').split('/')
  if (network.includes(':')) return `${network.replace(/::$/, '')}::1`
  const bytes = network.split('.')
  return [...bytes.slice(0, 3), Number(bytes[3]) + 1].join('.')
}

const kubernetesMetadata = { name: 'kubernetes', namespace: 'default' }

export function kubernetesService({ serverPort, serviceSubnet }: ClusterFacts): StoredObject {
  const labels = { component: 'apiserver', provider: 'kubernetes' }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...kubernetesMetadata, labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: firstServiceAddress(serviceSubnet),
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: serverPort }],
      sessionAffinity: 'None',
    },
  }
}

function kubernetesEndpoints({ serverAddress, serverPort }: ClusterFacts): readonly StoredObject[] {
  const metadata = kubernetesMetadata
  const port = { name: 'https', port: serverPort, protocol: 'TCP' }
  return [
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: serverAddress }], ports: [port] }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: serverAddress.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [serverAddress], conditions: { ready: true } }],
      ports: [port],
    },
  ]
}

/** How extension API servers learn whom to trust. */
function authenticationConfig({ clientCa, frontProxy }: ClusterFacts): StoredObject {
  return configMap('kube-system', 'extension-apiserver-authentication', {
    'client-ca-file': clientCa,
    ...(frontProxy && {
      'requestheader-allowed-names': JSON.stringify(frontProxy.allowedNames),
      'requestheader-client-ca-file': frontProxy.ca,
      'requestheader-extra-headers-prefix': JSON.stringify([extraPrefix]),
      'requestheader-group-headers': JSON.stringify([groupHeader]),
      'requestheader-uid-headers': JSON.stringify([uidHeader]),
      'requestheader-username-headers': JSON.stringify([userHeader]),
    }),
  })
}

function tokenTracking(now: Date): StoredObject {
  return configMap('kube-system', 'kube-apiserver-legacy-service-account-token-tracking', {
    since: now.toISOString().slice(0, 10),
  })
}

function kubeadmConfig(facts: ClusterFacts): StoredObject {
  return configMap('kube-system', 'kubeadm-config', {
    ClusterConfiguration: [
      'apiVersion: kubeadm.k8s.io/v1beta4',
      `clusterName: ${facts.clusterName}`,
      `controlPlaneEndpoint: ${facts.serverAddress}:${facts.serverPort}`,
      'kind: ClusterConfiguration',
      `kubernetesVersion: ${kubernetesRelease}`,
      'networking:',
      `  dnsDomain: ${facts.domain}`,
      `  podSubnet: ${facts.podSubnet}`,
      `  serviceSubnet: ${facts.serviceSubnet}`,
      '',
    ].join('\n'),
  })
}

/** What a node that is to join may read before it has any credentials. */
function clusterInfo({ serverAddress, serverPort, clientCa }: ClusterFacts): StoredObject {
  return configMap('kube-public', 'cluster-info', {
    kubeconfig: [
      'apiVersion: v1',
      'clusters:',
      '- cluster:',
      `    certificate-authority-data: ${Buffer.from(clientCa).toString('base64')}`,
      `    server: https://${serverAddress}:${serverPort}`,
      '  name: ""',
      'contexts: null',
      'current-context: ""',
      'kind: Config',
      'preferences: {}',
      'users: null',
      '',
    ].join('\n'),
  })
}

function configMap(namespace: string, name: string, data: Record<string, string>): StoredObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data }
}
