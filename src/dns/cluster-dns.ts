// The cluster's DNS: Services, EndpointSlices and Namespaces in, a server on UDP and TCP out.

import { setTimeout as sleep } from 'node:timers/promises'
import { keyText } from '../api/meta.ts'
import type { EndpointSlice, Service } from '../api/types.gen.ts'
import type { Informers } from '../client/informer.ts'
import type { Want } from '../client/informers.ts'
import type { Porter } from '../host/porter.ts'
import { chain } from '../lib/chain.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { recordType } from '../wire/dns/records.ts'
import { dnsCache } from './cache.ts'
import { clusterZone } from './cluster-zone.ts'
import { forwardDns } from './forward.ts'
import { createDnsMetrics, serveMetrics } from './metrics.ts'
import { type DnsServerOptions, startDnsServer } from './server.ts'
import { planRecords } from './service-records.ts'
import { createZone, type Zone } from './zone.ts'

export interface ClusterDnsOptions {
  /** Must want the kinds of dnsWants. */
  readonly informers: Informers
  /** cluster.local */
  readonly domain: string
  /** Where to listen: 172.18.0.1; port 53 and, for metrics, 9153 unless given. */
  readonly address: string
  readonly port?: number
  readonly metricsPort?: number
  /** The cluster IP of the Service kube-dns, which the zone names as its server. */
  readonly serviceAddress: string
  readonly porter: Pick<Porter, 'askDns'>
  readonly signal: AbortSignal
  readonly log: Log
  readonly clock?: Clock
}

export interface ClusterDns {
  /** Resolves once the server answers with the Services that the informers listed. */
  readonly ready: Promise<void>
  /** Resolves when the signal has aborted and the sockets are closed. */
  readonly ended: Promise<void>
  /** The port in use, once ready. */
  readonly port: Promise<number>
}

export const dnsWants: readonly Want[] = [
  { kind: 'Service' },
  { kind: 'EndpointSlice' },
  { kind: 'Namespace' },
]

const serviceNameLabel = 'kubernetes.io/service-name'

export function clusterDns(options: ClusterDnsOptions): ClusterDns {
  const { informers, domain, serviceAddress, porter, signal, log } = options
  const { address, clock = systemClock } = options
  const metrics = createDnsMetrics()
  const zone = createZone({
    domain,
    serverAddress: serviceAddress,
    hasNamespace: (name) => informers.listers.Namespace.get({ name }) !== undefined,
    serial: Math.floor(clock.now().getTime() / 1000),
  })
  const handle = chain(
    [
      clusterZone(zone),
      dnsCache({
        clock,
        onLookup: (isHit) =>
          metrics.count(isHit ? 'coredns_cache_hits_total' : 'coredns_cache_misses_total'),
      }),
    ],
    forwardDns({ askDns: (query) => porter.askDns(query), log }),
  )
  const onAnswer: NonNullable<DnsServerOptions['onAnswer']> = (proto, { type }, answer) => {
    metrics.count('coredns_dns_requests_total', { proto, type: typeNames.get(type) ?? 'other' })
    metrics.count('coredns_dns_responses_total', {
      rcode: rcodeNames[(answer[3] ?? 0) & 15] ?? 'other',
    })
  }

  const port = start()
  return { port, ready: port.then(() => {}), ended: end() }

  async function start(): Promise<number> {
    followServices(informers, zone, log)
    await informers.synced(signal)
    const { port = 53, metricsPort = 9153 } = options
    const server = await retrying(() => startDnsServer({ address, port, handle, onAnswer }))
    const metricsServer = await retrying(() =>
      serveMetrics(metrics, { address, port: metricsPort }),
    )
    signal.addEventListener('abort', () => {
      server.close()
      metricsServer.close()
    })
    return server.port
  }

  /** An agent that was killed may hold the port for a moment longer. */
  async function retrying<T>(open: () => Promise<T>): Promise<T> {
    for (let delayMs = 50; ; delayMs = Math.min(delayMs * 2, 5000)) {
      signal.throwIfAborted()
      try {
        return await open()
      } catch (error) {
        log.error('the DNS server cannot listen', { address, error })
        await sleep(delayMs, undefined, { signal })
      }
    }
  }

  async function end(): Promise<void> {
    await port.catch(() => undefined)
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }
}

/** Keeps the zone at what the informers show: a Service is planned when it or a slice changes. */
function followServices(informers: Informers, zone: Zone, log: Log): void {
  const slicesOf = new Map<string, Map<string, EndpointSlice>>()

  function plan(key: string): void {
    const [namespace = '', name = ''] = key.split('/')
    const service = informers.listers.Service.get({ namespace, name })
    const slices = [...(slicesOf.get(key)?.values() ?? [])]
    try {
      zone.replace(key, service && planRecords(service, slices, zone.domain))
    } catch (error) {
      log.error('a Service has no name in DNS', { service: key, error })
    }
  }

  informers.onChange('Service', ({ previous, current }) => {
    const service = current ?? previous
    if (service) plan(keyOfService(service))
  })
  informers.onChange('EndpointSlice', ({ previous, current }) => {
    const key = current && serviceOf(current)
    const previousKey = previous && serviceOf(previous)
    if (previous && previousKey !== undefined && previousKey !== key) {
      slicesOf.get(previousKey)?.delete(previous.metadata.name ?? '')
      if (slicesOf.get(previousKey)?.size === 0) slicesOf.delete(previousKey)
      plan(previousKey)
    }
    if (!current || key === undefined) return
    const known = slicesOf.get(key) ?? new Map<string, EndpointSlice>()
    slicesOf.set(key, known.set(current.metadata.name ?? '', current))
    plan(key)
  })
}

function keyOfService({ metadata }: Service): string {
  return keyText({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
}

function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? undefined : keyText({ namespace: metadata.namespace ?? '', name })
}

const typeNames = new Map<number, string>(
  Object.entries(recordType).map(([name, type]) => [type, name]),
)
const rcodeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
