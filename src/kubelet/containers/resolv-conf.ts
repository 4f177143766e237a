// The resolver settings of a Pod by dnsPolicy and dnsConfig. In: the cluster's DNS and the node's
// own resolv.conf. Out: servers, search paths, options. Pure.

import type { Pod } from '../../api/types.gen.ts'
import type { DnsConfig } from '../../cri/cri.ts'

export interface DnsSettings {
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  /** The node's own /etc/resolv.conf. */
  readonly node: DnsConfig
}

const mostServers = 3
const mostSearches = 32

export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const base = byPolicy(pod, settings)
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {}
  const own = options.map(({ name = '', value }) => (value ? `${name}:${value}` : name))
  const ownNames = new Set(own.map(optionName))
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, mostServers),
    searches: unique([...base.searches, ...searches]).slice(0, mostSearches),
    options: [...base.options.filter((option) => !ownNames.has(optionName(option))), ...own],
  }
}

function byPolicy({ metadata, spec }: Pod, settings: DnsSettings): DnsConfig {
  const { clusterDns, clusterDomain, node } = settings
  const policy = spec.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return { servers: [], searches: [], options: [] }
  const isOnHost = spec.hostNetwork && policy !== 'ClusterFirstWithHostNet'
  if (policy === 'Default' || isOnHost || clusterDns.length === 0) return node
  const { namespace = '' } = metadata
  const searches = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
  return {
    servers: clusterDns,
    searches: [...searches, ...node.searches],
    options: ['ndots:5'],
  }
}

export function parseResolvConf(text: string): DnsConfig {
  const fields = text.split('\n').map((line) =>
    line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/),
  )
  const of = (keyword: string) => fields.filter(([first]) => first === keyword)
  return {
    servers: of('nameserver').flatMap(([, address]) => address ?? []),
    searches: (of('search').at(-1) ?? []).slice(1).filter((path) => path !== '.'),
    options: of('options').flatMap(([, ...options]) => options),
  }
}

function optionName(option: string): string {
  return option.split(':')[0] ?? option
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
