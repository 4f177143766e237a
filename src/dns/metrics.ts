// What the DNS server counts, served as text for Prometheus under the names that CoreDNS uses.

import { once } from 'node:events'
import { createServer } from 'node:http'

export interface DnsMetrics {
  /** Adds one to the counter of this name and labels. */
  count(name: CounterName, labels?: Readonly<Record<string, string>>): void
  text(): string
}

const counters = {
  coredns_dns_requests_total: 'Queries answered, by protocol and type.',
  coredns_dns_responses_total: 'Answers sent, by response code.',
  coredns_cache_hits_total: 'Queries answered from the cache.',
  coredns_cache_misses_total: 'Queries not found in the cache.',
} as const

export type CounterName = keyof typeof counters

export function createDnsMetrics(): DnsMetrics {
  const values = new Map<CounterName, Map<string, number>>()
  return {
    count(name, labels = {}) {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const key = pairs.length > 0 ? `{${pairs.join(',')}}` : ''
      const series = values.get(name) ?? new Map<string, number>()
      values.set(name, series.set(key, (series.get(key) ?? 0) + 1))
    },
    text: () =>
      [...values]
        .flatMap(([name, series]) => [
          `# HELP ${name} ${counters[name]}`,
          `# TYPE ${name} counter`,
          ...[...series].map(([labels, value]) => `${name}${labels} ${value}`),
          '',
        ])
        .join('\n'),
  }
}

export async function serveMetrics(
  metrics: DnsMetrics,
  at: { readonly address: string; readonly port: number },
): Promise<{ close(): void }> {
  const server = createServer((request, response) => {
    const isFound = request.url?.split('?')[0] === '/metrics'
    response.writeHead(isFound ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(isFound ? metrics.text() : 'not found\n')
  })
  server.listen(at.port, at.address)
  await once(server, 'listening')
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
