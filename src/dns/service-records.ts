// The DNS records of one Service, by the specification of Kubernetes DNS (version 1.1.0) and with
// the answers of CoreDNS where that is silent.
// In: a Service, its EndpointSlices, the domain. Out: names with their records, and addresses
// with the names that they lead back to.

import type { Endpoint, EndpointSlice, Service } from '../api/types.gen.ts'
import { parseIpv4 } from '../lib/ip.ts'
import { encodeName } from '../wire/dns/names.ts'
import { addressData, encodeRecord, recordType, srvData } from '../wire/dns/records.ts'

/** How long answers may be kept, in seconds; what kubeadm sets. */
export const ttl = 30

/** Everything that one name has. A name without records exists all the same. */
export interface NameRecords {
  /** Ready to be sent, by type; their owner is the name asked for. */
  readonly records: ReadonlyMap<number, readonly Uint8Array[]>
  /** Addresses of the targets of SRV records. */
  readonly additional: readonly Uint8Array[]
  /** What the name stands for: to be looked up in turn. */
  readonly alias?: string
}

export interface ServiceRecords {
  readonly names: ReadonlyMap<string, NameRecords>
  /** By address: names of Services and of their endpoints. */
  readonly reverse: ReadonlyMap<string, readonly string[]>
}

interface Host {
  readonly name: string
  readonly address: string
}

interface NamedPort {
  readonly name: string
  readonly protocol: string
  readonly port: number
}

export function planRecords(
  service: Service,
  slices: readonly EndpointSlice[],
  domain: string,
): ServiceRecords {
  const { name = '', namespace = '' } = service.metadata
  const base = `${name}.${namespace}.svc.${domain}`
  const { spec } = service
  if (spec?.type === 'ExternalName') return aliasRecords(base, spec.externalName ?? '')
  if (spec?.clusterIP === 'None') return headlessRecords(base, slices)
  return clusterRecords(base, service)
}

function aliasRecords(base: string, externalName: string): ServiceRecords {
  const alias = externalName.toLowerCase().replace(/\.$/, '')
  const record = encodeRecord({ type: recordType.CNAME, ttl }, encodeName(alias))
  const records = new Map([[recordType.CNAME as number, [record]]])
  return { names: new Map([[base, { records, additional: [], alias }]]), reverse: new Map() }
}

function clusterRecords(base: string, { spec }: Service): ServiceRecords {
  const addresses = (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter(isIpv4)
  if (addresses.length === 0) return { names: new Map(), reverse: new Map() }
  const hosts = addresses.map((address) => ({ name: base, address }))
  const ports = (spec?.ports ?? []).map(({ name = '', protocol = 'TCP', port }) => ({
    name,
    protocol,
    port,
  }))
  const targets = ports.map((port) => ({ ...port, host: base }))
  return {
    names: nameRecords(base, hosts, targets),
    reverse: new Map(addresses.map((address) => [address, [base]])),
  }
}

/** One address for each endpoint that is ready, and each endpoint by a name of its own. */
function headlessRecords(base: string, slices: readonly EndpointSlice[]): ServiceRecords {
  const reached = slices
    .filter(({ addressType }) => addressType === 'IPv4')
    .flatMap(({ endpoints, ports }) =>
      // Both are null where there are none.
      (endpoints ?? []).filter(isReady).flatMap((endpoint) => {
        const host = hostOf(endpoint, base)
        return host ? [{ host, ports: (ports ?? []).flatMap(namedPort) }] : []
      }),
    )
  const hosts = [
    ...new Map(reached.map(({ host }) => [`${host.name} ${host.address}`, host])).values(),
  ]
  const targets = reached.flatMap(({ host, ports }) =>
    ports.map((port) => ({ ...port, host: host.name })),
  )
  return { names: nameRecords(base, hosts, targets), reverse: reverseOf(hosts) }
}

function hostOf({ addresses, hostname }: Endpoint, base: string): Host | undefined {
  const address = addresses.find(isIpv4)
  if (address === undefined) return undefined
  return { address, name: `${hostname || address.replaceAll('.', '-')}.${base}` }
}

function namedPort(port: { name?: string; protocol?: string; port?: number }): NamedPort[] {
  const { name = '', protocol = 'TCP', port: number } = port
  return number === undefined ? [] : [{ name, protocol, port: number }]
}

type Target = NamedPort & { readonly host: string }

function nameRecords(
  base: string,
  hosts: readonly Host[],
  targets: readonly Target[],
): ReadonlyMap<string, NameRecords> {
  const names = new Map<string, NameRecords>()
  const byName = Map.groupBy(hosts, ({ name }) => name)
  const all = uniqueAddresses(hosts)
  for (const [name, some] of byName)
    names.set(name, { records: addressRecords(uniqueAddresses(some)), additional: [] })
  // CoreDNS also answers SRV for the Service's own name, with all of its ports.
  names.set(base, withServices({ addresses: all, targets, byName }))
  const named = targets.filter(({ name }) => name !== '')
  const byPort = Map.groupBy(named, ({ name, protocol }) => `_${name}._${protocol.toLowerCase()}`)
  for (const [prefix, some] of byPort) {
    names.set(`${prefix}.${base}`, withServices({ addresses: [], targets: some, byName }))
    const parent = `${prefix.slice(prefix.indexOf('.') + 1)}.${base}`
    if (!names.has(parent)) names.set(parent, { records: new Map(), additional: [] })
  }
  return names
}

interface Services {
  readonly addresses: readonly string[]
  readonly targets: readonly Target[]
  readonly byName: ReadonlyMap<string, readonly Host[]>
}

function withServices({ addresses, targets, byName }: Services): NameRecords {
  const unique = [...new Map(targets.map((one) => [`${one.host} ${one.port}`, one])).values()]
  // CoreDNS divides a weight of 100 among all; none has less than 1.
  const weight = Math.max(1, Math.floor(100 / Math.max(1, unique.length)))
  const services = unique.map(({ host, port }) =>
    encodeRecord(
      { type: recordType.SRV, ttl },
      srvData({ priority: 0, weight, port, target: host }),
    ),
  )
  const hosts = [...new Set(unique.map(({ host }) => host))].flatMap(
    (name) => byName.get(name) ?? [],
  )
  return {
    records: new Map([
      ...addressRecords(addresses),
      ...(services.length > 0 ? [[recordType.SRV as number, services] as const] : []),
    ]),
    additional: hosts.map(({ name, address }) =>
      encodeRecord({ name, type: recordType.A, ttl }, addressData(address)),
    ),
  }
}

function addressRecords(addresses: readonly string[]): Map<number, readonly Uint8Array[]> {
  const records = addresses.map((address) =>
    encodeRecord({ type: recordType.A, ttl }, addressData(address)),
  )
  return new Map(records.length > 0 ? [[recordType.A as number, records]] : [])
}

function reverseOf(hosts: readonly Host[]): ReadonlyMap<string, readonly string[]> {
  const grouped = Map.groupBy(hosts, ({ address }) => address)
  return new Map([...grouped].map(([address, some]) => [address, some.map(({ name }) => name)]))
}

function uniqueAddresses(hosts: readonly Host[]): readonly string[] {
  return [...new Set(hosts.map(({ address }) => address))]
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false
}

function isIpv4(address: string): boolean {
  return parseIpv4(address) !== undefined
}
