// Codec: DNS queries and answers (RFC 1035 section 4.1).
//
// id (2 bytes) | QR(1 bit) opcode(4) AA(1) TC(1) RD(1) | RA(1) Z(1) AD(1) CD(1) rcode(4) |
// number of questions, answers, authority and additional records (2 each) |
// question: name, type (2), class (2) | records

import { readName } from './names.ts'
import { classIn, readRecords, recordType } from './records.ts'

export const rcode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
} as const

const headerLength = 12
/** The most that fits into a datagram where the asker says nothing of it. */
const plainUdpLimit = 512
/** What this server can take and sends at most: it passes every network unfragmented. */
const ednsUdpLimit = 1232

export interface DnsQuery {
  readonly message: Uint8Array
  /** In lower case, without a dot at the end. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** Offset of what follows the question. */
  readonly questionEnd: number
  readonly hasEdns: boolean
  /** The most bytes that the asker takes over UDP. */
  readonly udpLimit: number
}

export interface DnsRecords {
  readonly rcode: number
  readonly isAuthoritative: boolean
  readonly answers: readonly Uint8Array[]
  readonly authority: readonly Uint8Array[]
  readonly additional: readonly Uint8Array[]
}

/** Records to be put together, or a whole message from elsewhere, whatever its id. */
export type DnsAnswer = DnsRecords | { readonly message: Uint8Array }

export type ReadQuery =
  | { readonly query: DnsQuery }
  /** An answer to what can't be answered; undefined: to say nothing. */
  | { readonly refusal: Uint8Array | undefined }

export function readQuery(message: Uint8Array): ReadQuery {
  const flags = message[2]
  // Answers are not answered, or two servers might never stop.
  if (message.length < headerLength || flags === undefined || (flags & 0x80) !== 0)
    return { refusal: undefined }
  if ((flags & 0x78) !== 0) return { refusal: bareAnswer(message, rcode.notImplemented) }
  const question = count(message, 4) === 1 ? readName(message, headerLength) : undefined
  if (!question || question.end + 4 > message.length)
    return { refusal: bareAnswer(message, rcode.formatError) }
  const questionEnd = question.end + 4
  const edns = readEdns(message, questionEnd)
  return {
    query: {
      message,
      name: question.name,
      type: uint16(message, question.end),
      class: uint16(message, question.end + 2),
      questionEnd,
      hasEdns: edns !== undefined,
      udpLimit:
        edns === undefined ? plainUdpLimit : Math.min(Math.max(edns, plainUdpLimit), ednsUdpLimit),
    },
  }
}

/** The OPT record's class is the size of datagrams that the asker takes. */
function readEdns(message: Uint8Array, start: number): number | undefined {
  const records = count(message, 6) + count(message, 8) + count(message, 10)
  if (records === 0) return undefined
  const opt = readRecords(message, start, records)?.find(({ type }) => type === recordType.OPT)
  return opt && uint16(message, opt.ttlStart - 2)
}

/** A query made here, to have a name looked up. */
export function encodeQuery(id: number, encodedName: Uint8Array, type: number): Uint8Array {
  const message = Buffer.alloc(headerLength + encodedName.length + 4)
  message.writeUInt16BE(id)
  message.writeUInt16BE(0x0100, 2)
  message.writeUInt16BE(1, 4)
  message.set(encodedName, headerLength)
  message.writeUInt16BE(type, headerLength + encodedName.length)
  message.writeUInt16BE(classIn, headerLength + encodedName.length + 2)
  return message
}

/** The header of `message` as an answer without a question. */
function bareAnswer(message: Uint8Array, code: number): Uint8Array {
  const answer = Buffer.alloc(headerLength)
  answer.set(message.subarray(0, 2))
  answer[2] = 0x80 | ((message[2] ?? 0) & 0x79)
  answer[3] = 0x80 | code
  return answer
}

/** `limit`: the most bytes to send; records that don't fit are left out, and TC says so. */
export function encodeAnswer(query: DnsQuery, answer: DnsAnswer, limit: number): Uint8Array {
  if ('message' in answer) return readdress(query, answer.message, limit)
  const opt = query.hasEdns ? [optRecord] : []
  const fixed = query.questionEnd + (query.hasEdns ? optRecord.length : 0)
  const answers = fitting(answer.answers, limit - fixed)
  const authority = fitting(answer.authority, limit - fixed - answers.bytes)
  const isCut = answers.isCut || authority.isCut
  const left = limit - fixed - answers.bytes - authority.bytes
  const additional = fitting(answer.additional, isCut ? 0 : left)
  const records = [...answers.records, ...authority.records, ...additional.records, ...opt]
  const length = fixed + answers.bytes + authority.bytes + additional.bytes
  const message = Buffer.allocUnsafe(length)
  message.set(query.message.subarray(0, query.questionEnd))
  const recursionDesired = (query.message[2] ?? 0) & 1
  message[2] = 0x80 | (answer.isAuthoritative ? 4 : 0) | (isCut ? 2 : 0) | recursionDesired
  message[3] = 0x80 | answer.rcode
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(answers.records.length, 6)
  message.writeUInt16BE(authority.records.length, 8)
  message.writeUInt16BE(additional.records.length + opt.length, 10)
  let offset = query.questionEnd
  for (const record of records) {
    message.set(record, offset)
    offset += record.length
  }
  return message
}

/** Name: the root; type OPT; class: the size; no extended rcode, version 0, no options. */
const optRecord = Uint8Array.of(
  0,
  0,
  recordType.OPT,
  ednsUdpLimit >> 8,
  ednsUdpLimit & 255,
  0,
  0,
  0,
  0,
  0,
  0,
)

function fitting(records: readonly Uint8Array[], limit: number) {
  let bytes = 0
  let taken = 0
  for (const record of records) {
    if (bytes + record.length > limit) break
    bytes += record.length
    taken++
  }
  const isCut = taken < records.length
  return { records: isCut ? records.slice(0, taken) : records, bytes, isCut }
}

/** An answer given to another asker: this one's id and spelling of the name. */
function readdress(query: DnsQuery, message: Uint8Array, limit: number): Uint8Array {
  const isCut = message.length > limit
  const answer = Buffer.from(isCut ? message.subarray(0, query.questionEnd) : message)
  answer.set(query.message.subarray(0, 2))
  answer.set(query.message.subarray(headerLength, query.questionEnd), headerLength)
  if (!isCut) return answer
  answer[2] = (answer[2] ?? 0) | 2
  answer.fill(0, 6, headerLength)
  return answer
}

export function count(message: Uint8Array, offset: 4 | 6 | 8 | 10): number {
  return uint16(message, offset)
}

function uint16(message: Uint8Array, offset: number): number {
  return ((message[offset] ?? 0) << 8) | (message[offset + 1] ?? 0)
}
