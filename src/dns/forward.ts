// The end of the DNS chain: what the cluster doesn't know is asked of the host's resolvers.

import type { Handler } from '../lib/chain.ts'
import type { Log } from '../lib/log.ts'
import { type DnsAnswer, type DnsQuery, type DnsRecords, rcode } from '../wire/dns/messages.ts'

export interface ForwardOptions {
  readonly askDns: (query: Uint8Array) => Promise<Uint8Array>
  readonly log: Log
  /** Questions under way at most; further ones are refused, as CoreDNS does. */
  readonly limit?: number
}

export function forwardDns({
  askDns,
  log,
  limit = 1000,
}: ForwardOptions): Handler<DnsQuery, DnsAnswer> {
  let underWay = 0
  return async (query) => {
    if (underWay >= limit) return failure(rcode.refused)
    underWay++
    try {
      const message = await askDns(query.message)
      return isAnswerTo(query, message) ? { message } : failure(rcode.serverFailure)
    } catch (error) {
      log.warn('no resolver of the host has answered', { name: query.name, error })
      return failure(rcode.serverFailure)
    } finally {
      underWay--
    }
  }
}

/** It must repeat the question, in whatever case, since its records are read from behind it. */
function isAnswerTo(query: DnsQuery, message: Uint8Array): boolean {
  if (message.length < query.questionEnd || ((message[2] ?? 0) & 0x80) === 0) return false
  const question = (bytes: Uint8Array) =>
    Buffer.from(bytes.subarray(12, query.questionEnd)).toString('latin1').toLowerCase()
  return question(message) === question(query.message)
}

function failure(code: number): DnsRecords {
  return { rcode: code, isAuthoritative: false, answers: [], authority: [], additional: [] }
}
