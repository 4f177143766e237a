// The names of a Pod on its network: host name, domain name, and the managed /etc/hosts. Pure.

import type { Pod } from '../../api/types.gen.ts'

/** The kernel's limit for a host name. */
const longestHostname = 63

export interface PodNames {
  readonly hostname: string
  /** hostname.subdomain.namespace.svc.domain; only with a subdomain. */
  readonly fqdn?: string
  /** What the container's kernel says, and `hostname` prints. */
  readonly kernelHostname: string
}

export function podNames({ metadata, spec }: Pod, clusterDomain: string): PodNames {
  const { name, namespace = '' } = metadata
  if (spec.hostnameOverride)
    return { hostname: spec.hostnameOverride, kernelHostname: spec.hostnameOverride }
  const hostname = spec.hostname || trimmed(name)
  if (!spec.subdomain) return { hostname, kernelHostname: hostname }
  const fqdn = `${hostname}.${spec.subdomain}.${namespace}.svc.${clusterDomain}`
  return { hostname, fqdn, kernelHostname: spec.setHostnameAsFQDN ? fqdn : hostname }
}

function trimmed(name: string): string {
  return name.slice(0, longestHostname).replace(/[-.]+$/, '')
}

export function hostsFile(pod: Pod, names: PodNames, podIps: readonly string[]): string {
  const own = names.fqdn ? `${names.fqdn}\t${names.hostname}` : names.hostname
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...podIps.map((ip) => `${ip}\t${own}`),
    ...aliases(pod),
    '',
  ].join('\n')
}

/** For hostNetwork: the node's own file and the aliases. */
export function nodeHostsFile(pod: Pod, nodeFile: string): string {
  const body = nodeFile.endsWith('\n') ? nodeFile : `${nodeFile}\n`
  const lines = ['# Kubernetes-managed hosts file (host network).', body, ...aliases(pod)]
  return `${lines.join('\n')}\n`
}

function aliases({ spec }: Pod): readonly string[] {
  const list = spec.hostAliases ?? []
  if (list.length === 0) return []
  return [
    '',
    '# Entries added by HostAliases.',
    ...list.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`),
  ]
}
