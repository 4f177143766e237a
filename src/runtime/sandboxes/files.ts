// Files that every container of a sandbox sees: /etc/hostname, /etc/hosts, /etc/resolv.conf. Pure.

import type { DnsConfig } from '../../cri/cri.ts'

/** Without a config of its own, a sandbox has the text that the fabric has. */
export function renderResolvConf(dns: DnsConfig | undefined, inherited: string): string {
  if (!dns) return inherited
  const { servers, searches, options } = dns
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n')
}

export function renderHosts(hostname: string, ips: readonly string[]): string {
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...ips.map((ip) => `${ip}\t${hostname}`),
    '',
  ].join('\n')
}
