// The second filter of the DNS chain: remembers answers from outside, as long as they allow.

import type { Clock } from '../lib/clock.ts'
import { count, type DnsAnswer, type DnsQuery, rcode } from '../wire/dns/messages.ts'
import { type RecordAt, readRecords, recordType } from '../wire/dns/records.ts'
import type { DnsFilter } from './cluster-zone.ts'

export interface CacheOptions {
  readonly clock: Clock
  /** Called for each query with whether it was found. */
  readonly onLookup?: (isHit: boolean) => void
  readonly limit?: number
  /** However long answers allow to be kept, they are not kept longer; what kubeadm sets. */
  readonly longestMs?: number
}

interface Kept {
  readonly message: Uint8Array
  readonly ttls: readonly RecordAt[]
  readonly sinceMs: number
  readonly untilMs: number
}

/** What failed is asked again soon, though not by everyone at once. */
const failureMs = 5000

export function dnsCache(options: CacheOptions): DnsFilter {
  const { clock, onLookup, limit = 10_000, longestMs = 30_000 } = options
  /** In the order in which they were put in: the first is the oldest. */
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<DnsAnswer>>()

  function find(key: string, nowMs: number): DnsAnswer | undefined {
    const entry = kept.get(key)
    if (entry && entry.untilMs > nowMs) return { message: aged(entry, nowMs) }
    kept.delete(key)
    return undefined
  }

  function keep(key: string, query: DnsQuery, answer: DnsAnswer): void {
    if (!('message' in answer)) return
    const ttls = ttlsOf(query, answer.message)
    const ageMs = Math.min(longestMs, lifetimeMs(answer.message, ttls))
    if (ageMs <= 0) return
    const sinceMs = clock.now().getTime()
    const [oldest] = kept.keys()
    if (kept.size >= limit && oldest !== undefined) kept.delete(oldest)
    kept.set(key, { message: answer.message, ttls, sinceMs, untilMs: sinceMs + ageMs })
  }

  return async (query, next) => {
    const edns = query.hasEdns ? 'e' : ''
    const key = `${query.name} ${query.type} ${query.class}${edns}`
    const found = find(key, clock.now().getTime())
    onLookup?.(found !== undefined)
    if (found) return found
    // Those who ask the same meanwhile get the same answer.
    const known = asking.get(key)
    if (known) return known
    const answer = next(query).finally(() => asking.delete(key))
    asking.set(key, answer)
    keep(key, query, await answer)
    return answer
  }
}

function ttlsOf(query: DnsQuery, message: Uint8Array): readonly RecordAt[] {
  const records = count(message, 6) + count(message, 8) + count(message, 10)
  const all = readRecords(message, query.questionEnd, records) ?? []
  // The "TTL" of OPT is flags.
  return all.filter(({ type }) => type !== recordType.OPT)
}

function lifetimeMs(message: Uint8Array, ttls: readonly RecordAt[]): number {
  const code = (message[3] ?? 0) & 15
  const isCut = ((message[2] ?? 0) & 2) !== 0
  if (isCut) return 0
  if (code !== rcode.noError && code !== rcode.noSuchName) return failureMs
  // An empty answer that does not say how long it holds is not kept.
  return ttls.length === 0 ? 0 : Math.min(...ttls.map(({ ttl }) => ttl)) * 1000
}

function aged({ message, ttls, sinceMs }: Kept, nowMs: number): Uint8Array {
  const seconds = Math.floor((nowMs - sinceMs) / 1000)
  if (seconds === 0) return message
  const copy = Buffer.from(message)
  for (const { ttl, ttlStart } of ttls) copy.writeUInt32BE(Math.max(0, ttl - seconds), ttlStart)
  return copy
}
