// What the cluster's domain holds: the records of all Services, found by name.
// In: the records of one Service after another, and the namespaces. Out: answers to queries.

import { parseIpv4 } from '../lib/ip.ts'
import { type DnsRecords, rcode } from '../wire/dns/messages.ts'
import { encodeName } from '../wire/dns/names.ts'
import { addressData, encodeRecord, recordType, soaData, txtData } from '../wire/dns/records.ts'
import { type NameRecords, type ServiceRecords, ttl } from './service-records.ts'

export interface Zone {
  readonly domain: string
  replace(service: string, records: ServiceRecords | undefined): void
  /** Undefined: the name is not this zone's to answer for. */
  find(name: string, type: number): Found | undefined
}

export type Found =
  | { readonly answer: DnsRecords }
  /** The name stands for another; its records follow the alias in the answer. */
  | { readonly alias: string; readonly record: Uint8Array }

export interface ZoneOptions {
  /** cluster.local */
  readonly domain: string
  /** Where the zone's own name server is reached: the address of the Service kube-dns. */
  readonly serverAddress: string
  readonly hasNamespace: (name: string) => boolean
  /** Of the start of authority; the time at which the server started will do. */
  readonly serial: number
}

const specificationVersion = '1.1.0'

export function createZone(options: ZoneOptions): Zone {
  const { domain, hasNamespace } = options
  const names = new Map<string, NameRecords>(ownNames(options))
  const planned = new Map<string, ServiceRecords>()
  /** By address, then by Service. */
  const reverse = new Map<string, Map<string, readonly string[]>>()
  const suffix = `.${domain}`
  const services = `svc${suffix}`
  const pods = `pod${suffix}`
  const soa = startOfAuthority(options)
  let turn = 0

  function replace(service: string, records: ServiceRecords | undefined): void {
    const previous = planned.get(service)
    for (const name of previous?.names.keys() ?? []) names.delete(name)
    for (const address of previous?.reverse.keys() ?? []) {
      const known = reverse.get(address)
      if (known?.delete(service) && known.size === 0) reverse.delete(address)
    }
    if (!records) {
      planned.delete(service)
      return
    }
    planned.set(service, records)
    for (const [name, entry] of records.names) names.set(name, entry)
    for (const [address, hosts] of records.reverse) {
      const known = reverse.get(address) ?? new Map<string, readonly string[]>()
      reverse.set(address, known.set(service, hosts))
    }
  }

  function find(name: string, type: number): Found | undefined {
    if (name === domain || name.endsWith(suffix)) return findInside(name, type)
    return name.endsWith('.in-addr.arpa') ? findReverse(name, type) : undefined
  }

  function findInside(name: string, type: number): Found {
    const entry = names.get(name) ?? podEntry(name)
    if (!entry) return isParent(name) ? negative(rcode.noError) : negative(rcode.noSuchName)
    const [alias] = entry.records.get(recordType.CNAME) ?? []
    if (alias && entry.alias !== undefined && type !== recordType.CNAME)
      return { alias: entry.alias, record: alias }
    const answers = entry.records.get(type === recordType.ANY ? recordType.A : type)
    if (!answers) return negative(rcode.noError)
    const additional = type === recordType.SRV ? entry.additional : []
    return positive(rotated(answers), additional)
  }

  /** Each answer starts with another record, so that askers spread. */
  function rotated(records: readonly Uint8Array[]): readonly Uint8Array[] {
    if (records.length < 2) return records
    const start = ++turn % records.length
    return [...records.slice(start), ...records.slice(0, start)]
  }

  /** a-b-c-d.NAMESPACE.pod.DOMAIN is a.b.c.d in any namespace there is; no Pod need have it. */
  function podEntry(name: string): NameRecords | undefined {
    if (!name.endsWith(`.${pods}`)) return undefined
    const [label = '', namespace = '', ...rest] = name.slice(0, -pods.length - 1).split('.')
    const address = label.replaceAll('-', '.')
    if (rest.length > 0 || parseIpv4(address) === undefined || !hasNamespace(namespace))
      return undefined
    const record = encodeRecord({ type: recordType.A, ttl }, addressData(address))
    return { records: new Map([[recordType.A, [record]]]), additional: [] }
  }

  /** Names that have none but names below them. */
  function isParent(name: string): boolean {
    if (name === services || name === pods) return true
    const parent = name.slice(name.indexOf('.') + 1)
    if (parent !== services && parent !== pods) return false
    return hasNamespace(name.slice(0, name.indexOf('.')))
  }

  function findReverse(name: string, type: number): Found | undefined {
    const labels = name.slice(0, -'.in-addr.arpa'.length).split('.')
    const known = reverse.get(labels.toReversed().join('.'))
    if (!known || known.size === 0) return undefined
    if (type !== recordType.PTR) return negative(rcode.noError)
    const hosts = [...known.values()].flat()
    return positive(
      hosts.map((host) => encodeRecord({ type: recordType.PTR, ttl }, encodeName(host))),
      [],
    )
  }

  function negative(code: number): Found {
    return {
      answer: { rcode: code, isAuthoritative: true, answers: [], authority: [soa], additional: [] },
    }
  }

  return { domain, replace, find }
}

function positive(answers: readonly Uint8Array[], additional: readonly Uint8Array[]): Found {
  return {
    answer: { rcode: rcode.noError, isAuthoritative: true, answers, authority: [], additional },
  }
}

const timers = { refresh: 7200, retry: 1800, expire: 86_400 }

function soaOf({ domain, serial }: ZoneOptions): Uint8Array {
  const names = { primary: `ns.dns.${domain}`, mailbox: `hostmaster.${domain}` }
  return soaData({ ...names, serial, ...timers, negativeTtl: ttl })
}

function startOfAuthority(options: ZoneOptions): Uint8Array {
  return encodeRecord({ name: options.domain, type: recordType.SOA, ttl }, soaOf(options))
}

/** The zone's own records: its authority, its name server, the version of the specification. */
function ownNames(options: ZoneOptions): readonly [string, NameRecords][] {
  const { domain, serverAddress } = options
  const server = `ns.dns.${domain}`
  const record = (type: number, data: Uint8Array) =>
    [type, [encodeRecord({ type, ttl }, data)]] as const
  const entry = (...records: (readonly [number, readonly Uint8Array[]])[]): NameRecords => ({
    records: new Map(records),
    additional: [],
  })
  return [
    [
      domain,
      entry(record(recordType.SOA, soaOf(options)), record(recordType.NS, encodeName(server))),
    ],
    [`dns.${domain}`, entry()],
    [server, entry(record(recordType.A, addressData(serverAddress)))],
    [`dns-version.${domain}`, entry(record(recordType.TXT, txtData(specificationVersion)))],
  ]
}
