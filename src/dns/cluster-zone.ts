// The first filter of the DNS chain: answers what is in the cluster's domain, passes on the rest.

import type { Filter } from '../lib/chain.ts'
import {
  count,
  type DnsAnswer,
  type DnsQuery,
  type DnsRecords,
  encodeQuery,
  rcode,
  readQuery,
} from '../wire/dns/messages.ts'
import { encodeName } from '../wire/dns/names.ts'
import { copyRecord, readRecords } from '../wire/dns/records.ts'
import type { Zone } from './zone.ts'

export type DnsFilter = Filter<DnsQuery, DnsAnswer>

/** Aliases of aliases that are followed. */
const longestAliasChain = 8

export function clusterZone(zone: Zone): DnsFilter {
  async function answer(
    query: DnsQuery,
    next: (query: DnsQuery) => Promise<DnsAnswer>,
    depth = 0,
  ): Promise<DnsAnswer> {
    const found = zone.find(query.name, query.type)
    if (!found) return next(query)
    if ('answer' in found) return found.answer
    const target = depth < longestAliasChain ? aliasQuery(query, found.alias) : undefined
    const rest = target && (await answer(target, next, depth + 1))
    const { answers, code } = rest
      ? answersOf(target, rest)
      : { answers: [], code: rcode.serverFailure }
    return positive(code, [found.record, ...answers])
  }
  return (query, next) => answer(query, next)
}

/** With the asker's id, which whoever would forge an answer has to guess. */
function aliasQuery({ message, type }: DnsQuery, alias: string): DnsQuery | undefined {
  const id = ((message[0] ?? 0) << 8) | (message[1] ?? 0)
  const read = readQuery(encodeQuery(id, encodeName(alias), type))
  return 'query' in read ? read.query : undefined
}

/** Records of the answer to `query`, with their owners in full, to follow the alias. */
function answersOf(query: DnsQuery, answer: DnsAnswer): { answers: Uint8Array[]; code: number } {
  if (!('message' in answer)) {
    const { name } = query
    return { answers: answer.answers.map((record) => named(record, name)), code: answer.rcode }
  }
  const { message } = answer
  const records = readRecords(message, query.questionEnd, count(message, 6)) ?? []
  const answers = records.flatMap((record) => copyRecord(message, record) ?? [])
  return { answers, code: (message[3] ?? 0) & 15 }
}

/** A prepared record owned by the name asked for, here owned by `name`; others as they are. */
function named(record: Uint8Array, name: string): Uint8Array {
  const isPrepared = record[0] === 0xc0
  return isPrepared ? Buffer.concat([encodeName(name), record.subarray(2)]) : record
}

function positive(code: number, answers: readonly Uint8Array[]): DnsRecords {
  return { rcode: code, isAuthoritative: true, answers, authority: [], additional: [] }
}
