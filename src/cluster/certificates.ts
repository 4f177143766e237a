// Table: the certificates of a cluster, as kubeadm names them, and whom each one speaks for.

import type { Subject } from '../wire/x509.ts'
import { type ClusterConfig, fabricAddress } from './config.ts'
import { formatAddress, parseSubnet } from './subnet.ts'

export type Authority = 'ca' | 'front-proxy-ca'

export interface CertificateEntry {
  /** Path below pki/ without .crt and .key. */
  readonly file: string
  readonly authority: Authority
  readonly subject: Subject
  readonly usages: readonly ('serverAuth' | 'clientAuth')[]
  readonly names: readonly string[]
}

export const authorities: Readonly<Record<Authority, Subject>> = {
  ca: { commonName: 'kubernetes' },
  'front-proxy-ca': { commonName: 'front-proxy-ca' },
}

export function certificateTable(config: ClusterConfig): readonly CertificateEntry[] {
  const client = (file: string, commonName: string, ...organizations: string[]) =>
    ({
      file,
      authority: 'ca',
      subject: { commonName, organizations },
      usages: ['clientAuth'],
      names: [],
    }) as const
  return [
    {
      file: 'apiserver',
      authority: 'ca',
      subject: { commonName: 'kube-apiserver' },
      usages: ['serverAuth'],
      names: apiServerNames(config),
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', 'system:masters'),
    { ...client('front-proxy-client', 'front-proxy-client'), authority: 'front-proxy-ca' },
    client('admin', 'kubernetes-admin', 'system:masters'),
    client('controller-manager', 'system:kube-controller-manager'),
    client('scheduler', 'system:kube-scheduler'),
    client('proxy', 'system:kube-proxy'),
    // Reads for all nodes of its process at once, which no single node may.
    client('agent', 'system:sampan:agent'),
    ...config.nodes.map(
      ({ name, address }): CertificateEntry => ({
        file: nodeCertificate(name),
        authority: 'ca',
        subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
        usages: ['serverAuth', 'clientAuth'],
        names: [name, address, fabricAddress],
      }),
    ),
  ]
}

/** One certificate for the kubelet's client and its server. */
export function nodeCertificate(node: string): string {
  return `kubelet-${node}`
}

/** The address of the `kubernetes` Service: the first of the subnet. */
export function kubernetesServiceAddress({ serviceSubnet }: ClusterConfig): string {
  return formatAddress((parseSubnet(serviceSubnet)?.base ?? 0) + 1)
}

/** The address of the DNS Service: the tenth of the subnet, as kubeadm has it. */
export function dnsServiceAddress({ serviceSubnet }: ClusterConfig): string {
  return formatAddress((parseSubnet(serviceSubnet)?.base ?? 0) + 10)
}

function apiServerNames(config: ClusterConfig): readonly string[] {
  const { domain, nodes, apiServer } = config
  const controlPlanes = nodes.filter(({ role }) => role === 'control-plane')
  const names = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${domain}`,
    'localhost',
    ...controlPlanes.map(({ name }) => name),
    kubernetesServiceAddress(config),
    fabricAddress,
    ...controlPlanes.map(({ address }) => address),
    '127.0.0.1',
    '::1',
    apiServer.address,
  ]
  return [...new Set(names)]
}
