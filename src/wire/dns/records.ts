// Codec: resource records of DNS messages (RFC 1035 section 3.2, SRV: RFC 2782, OPT: RFC 6891).
//
// name | type (2 bytes) | class (2) | TTL in seconds (4) | length of data (2) | data

import { encodeName, readName } from './names.ts'

export const recordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const

export const classIn = 1

/** A pointer to the question's name, which always stands behind the header's 12 bytes. */
const questionName = Uint8Array.of(0xc0, 0x0c)

export interface RecordHead {
  /** Absent: the name that was asked for. */
  readonly name?: string
  readonly type: number
  readonly ttl: number
}

export function encodeRecord({ name, type, ttl }: RecordHead, data: Uint8Array): Uint8Array {
  const owner = name === undefined ? questionName : encodeName(name)
  const record = Buffer.alloc(owner.length + 10 + data.length)
  record.set(owner)
  record.writeUInt16BE(type, owner.length)
  record.writeUInt16BE(classIn, owner.length + 2)
  record.writeUInt32BE(ttl, owner.length + 4)
  record.writeUInt16BE(data.length, owner.length + 8)
  record.set(data, owner.length + 10)
  return record
}

export function addressData(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number)
}

export interface SrvData {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** priority (2) | weight (2) | port (2) | target, never compressed */
export function srvData({ priority, weight, port, target }: SrvData): Uint8Array {
  const head = Buffer.alloc(6)
  head.writeUInt16BE(priority)
  head.writeUInt16BE(weight, 2)
  head.writeUInt16BE(port, 4)
  return Buffer.concat([head, encodeName(target)])
}

export interface SoaData {
  readonly primary: string
  readonly mailbox: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** For how many seconds a negative answer may be kept (RFC 2308). */
  readonly negativeTtl: number
}

/** primary | mailbox | serial (4) | refresh (4) | retry (4) | expire (4) | negative TTL (4) */
export function soaData(soa: SoaData): Uint8Array {
  const numbers = Buffer.alloc(20)
  const { serial, refresh, retry, expire, negativeTtl } = soa
  for (const [index, value] of [serial, refresh, retry, expire, negativeTtl].entries())
    numbers.writeUInt32BE(value, index * 4)
  return Buffer.concat([encodeName(soa.primary), encodeName(soa.mailbox), numbers])
}

/** Strings of at most 255 bytes, each preceded by its length. */
export function txtData(text: string): Uint8Array {
  const bytes = Buffer.from(text).subarray(0, 255)
  return Buffer.concat([Uint8Array.of(bytes.length), bytes])
}

export interface RecordAt {
  readonly name: string
  readonly type: number
  readonly ttl: number
  /** Offsets in the message. */
  readonly ttlStart: number
  readonly dataStart: number
  readonly end: number
}

/** `count` records from `start` on; undefined when the bytes are none. */
export function readRecords(
  message: Uint8Array,
  start: number,
  count: number,
): readonly RecordAt[] | undefined {
  const view = Buffer.from(message.buffer, message.byteOffset, message.length)
  const records: RecordAt[] = []
  let offset = start
  for (let index = 0; index < count; index++) {
    const owner = readName(message, offset)
    if (!owner || owner.end + 10 > message.length) return undefined
    const dataStart = owner.end + 10
    const end = dataStart + view.readUInt16BE(owner.end + 8)
    if (end > message.length) return undefined
    records.push({
      name: owner.name,
      type: view.readUInt16BE(owner.end),
      ttl: view.readUInt32BE(owner.end + 4),
      ttlStart: owner.end + 4,
      dataStart,
      end,
    })
    offset = end
  }
  return records
}

/**
 * A record of one message as it is written into another, where pointers would lead elsewhere.
 * Undefined for types that may hold compressed names other than CNAME.
 */
export function copyRecord(message: Uint8Array, record: RecordAt): Uint8Array | undefined {
  const { name, type, ttl, dataStart, end } = record
  if (type === recordType.CNAME) {
    const target = readName(message, dataStart)
    return target && encodeRecord({ name, type, ttl }, encodeName(target.name))
  }
  const isPlain = type === recordType.A || type === recordType.AAAA || type === recordType.TXT
  return isPlain ? encodeRecord({ name, type, ttl }, message.subarray(dataStart, end)) : undefined
}
