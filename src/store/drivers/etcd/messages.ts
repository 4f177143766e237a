// Codec: the few messages of etcd's API that the store needs, in protobuf. Field numbers are those
// of etcd's rpc.proto and kv.proto (v3). Revisions stay below 2^53.
//
//   KeyValue       1 key  2 create_revision  3 mod_revision  4 version  5 value
//   ResponseHeader 1 cluster_id  2 member_id  3 revision  4 raft_term
//   Event          1 type (1: delete)  2 kv  3 prev_kv

import { ProtobufReader, wireType } from '../../../wire/protobuf/reader.ts'
import { ProtobufWriter } from '../../../wire/protobuf/writer.ts'
import type { Change, Entry } from '../../store.ts'

export interface KeyRange {
  readonly key: string
  /** Exclusive; absent: the key alone. */
  readonly end?: string
}

/** From NUL to NUL is etcd's way of saying every key. */
export const everyKey: KeyRange = { key: '\0', end: '\0' }

export interface RangeRequest extends KeyRange {
  /** 0: no limit. */
  readonly limit?: number
  /** 0: now. */
  readonly revision?: number
  readonly isCountOnly?: boolean
}

/** A user of etcd, who may read and write every key. */
export interface Credentials {
  readonly name: string
  readonly password: string
}

export interface RangeResponse {
  readonly revision: number
  readonly entries: Entry[]
  /** Keys in the range, also those beyond the limit. */
  readonly count: number
}

export interface TxnRequest {
  readonly key: string
  /** The mod_revision the key must have; 0: there is no such key. */
  readonly expected: number
  /** Absent: the key is deleted. */
  readonly value?: Uint8Array
}

export interface TxnResponse {
  readonly revision: number
  readonly isDone: boolean
  /** What the key holds, where it was not as expected. */
  readonly current: Entry | undefined
}

export interface WatchResponse {
  readonly isCreated: boolean
  readonly isCanceled: boolean
  /** Above 0: what was asked for is compacted up to here. */
  readonly compactRevision: number
  readonly cancelReason: string
  /** More of the same answer follows in the next message. */
  readonly isFragment: boolean
  readonly changes: Change[]
}

export function encodeRange(request: RangeRequest): Uint8Array {
  const writer = new ProtobufWriter()
  writeRange(writer, request)
  return writer.finish()
}

/** TxnRequest: 1 compare  2 success  3 failure. */
export function encodeTxn({ key, expected, value }: TxnRequest): Uint8Array {
  const writer = new ProtobufWriter()
  // Compare: 1 result (0: equal)  2 target (2: mod_revision)  3 key  6 mod_revision
  writer.message(1, () => {
    writeNumber(writer, 2, 2)
    writeText(writer, 3, key)
    writer.tag(6, wireType.varint)
    writer.unsigned(expected)
  })
  // RequestOp: 1 range  2 put (1 key  2 value)  3 delete (1 key)
  writer.message(2, () =>
    writer.message(value ? 2 : 3, () => {
      writeText(writer, 1, key)
      if (!value) return
      writer.tag(2, wireType.bytes)
      writer.bytes(value)
    }),
  )
  writer.message(3, () => writer.message(1, () => writeRange(writer, { key })))
  return writer.finish()
}

/** AuthenticateRequest: 1 name  2 password. */
export function encodeAuthentication({ name, password }: Credentials): Uint8Array {
  const writer = new ProtobufWriter()
  writeText(writer, 1, name)
  writeText(writer, 2, password)
  return writer.finish()
}

/** AuthenticateResponse: 1 header  2 token. */
export function decodeToken(bytes: Uint8Array): string {
  const reader = new ProtobufReader(bytes)
  let token = ''
  eachField(reader, (number, type) => {
    if (number === 2) token = reader.text()
    else skip(reader, type)
  })
  return token
}

/** CompactionRequest: 1 revision. */
export function encodeCompaction(revision: number): Uint8Array {
  const writer = new ProtobufWriter()
  writeNumber(writer, 1, revision)
  return writer.finish()
}

/**
 * WatchRequest: 1 create (1 key  2 range_end  3 start_revision  4 progress_notify  6 prev_kv
 * 8 fragment).
 */
export function encodeWatch(range: KeyRange, startRevision: number): Uint8Array {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writeKeys(writer, range)
    writeNumber(writer, 3, startRevision)
    for (const flag of [4, 6, 8]) writeNumber(writer, flag, 1)
  })
  return writer.finish()
}

/** 1 key  2 range_end  3 limit  4 revision  9 count_only. */
function writeRange(writer: ProtobufWriter, request: RangeRequest): void {
  writeKeys(writer, request)
  writeNumber(writer, 3, request.limit ?? 0)
  writeNumber(writer, 4, request.revision ?? 0)
  writeNumber(writer, 9, request.isCountOnly ? 1 : 0)
}

function writeKeys(writer: ProtobufWriter, { key, end }: KeyRange): void {
  writeText(writer, 1, key)
  if (end !== undefined) writeText(writer, 2, end)
}

function writeText(writer: ProtobufWriter, number: number, text: string): void {
  writer.tag(number, wireType.bytes)
  writer.text(text)
}

/** Zero is what an absent field means. */
function writeNumber(writer: ProtobufWriter, number: number, value: number): void {
  if (value === 0) return
  writer.tag(number, wireType.varint)
  writer.unsigned(value)
}

/** RangeResponse: 1 header  2 kvs  3 more  4 count. */
export function decodeRange(bytes: Uint8Array): RangeResponse {
  return readRange(new ProtobufReader(bytes))
}

function readRange(reader: ProtobufReader): RangeResponse {
  const entries: Entry[] = []
  let revision = 0
  let count = 0
  eachField(reader, (number, type) => {
    if (number === 1) revision = readHeader(reader.message())
    else if (number === 2) entries.push(readEntry(reader.message()))
    else if (number === 4) count = reader.unsigned()
    else skip(reader, type)
  })
  return { revision, entries, count }
}

/** TxnResponse: 1 header  2 succeeded  3 responses; ResponseOp: 1 range. */
export function decodeTxn(bytes: Uint8Array): TxnResponse {
  const reader = new ProtobufReader(bytes)
  let revision = 0
  let isDone = false
  let current: Entry | undefined
  eachField(reader, (number, type) => {
    if (number === 1) revision = readHeader(reader.message())
    else if (number === 2) isDone = reader.unsigned() === 1
    else if (number === 3) current = readCurrent(reader.message())
    else skip(reader, type)
  })
  return { revision, isDone, current }
}

function readCurrent(reader: ProtobufReader): Entry | undefined {
  let current: Entry | undefined
  eachField(reader, (number, type) => {
    if (number === 1) current = readRange(reader.message()).entries[0]
    else skip(reader, type)
  })
  return current
}

/**
 * WatchResponse: 1 header  2 watch_id  3 created  4 canceled  5 compact_revision
 * 6 cancel_reason  7 fragment  11 events.
 */
export function decodeWatch(bytes: Uint8Array): WatchResponse {
  const reader = new ProtobufReader(bytes)
  const changes: Change[] = []
  const numbers: Record<number, number> = {}
  let cancelReason = ''
  eachField(reader, (number, type) => {
    if (number === 6) cancelReason = reader.text()
    else if (number === 11) changes.push(readEvent(reader.message()))
    else if (type === wireType.varint) numbers[number] = reader.unsigned()
    else skip(reader, type)
  })
  return {
    isCreated: numbers[3] === 1,
    isCanceled: numbers[4] === 1,
    compactRevision: numbers[5] ?? 0,
    cancelReason,
    isFragment: numbers[7] === 1,
    changes,
  }
}

function readEvent(reader: ProtobufReader): Change {
  let isDelete = false
  let entry: Entry | undefined
  let previous: Entry | undefined
  eachField(reader, (number, type) => {
    if (number === 1) isDelete = reader.unsigned() === 1
    else if (number === 2) entry = readEntry(reader.message())
    else if (number === 3) previous = readEntry(reader.message())
    else skip(reader, type)
  })
  const { key, value, revision } = entry ?? { key: '', value: new Uint8Array(), revision: 0 }
  if (!isDelete) return { type: 'put', key, value, revision, ...(previous && { previous }) }
  const last = previous?.value ?? new Uint8Array()
  return { type: 'delete', key, value: last, revision, ...(previous && { previous }) }
}

function readHeader(reader: ProtobufReader): number {
  let revision = 0
  eachField(reader, (number, type) => {
    if (number === 3) revision = reader.unsigned()
    else skip(reader, type)
  })
  return revision
}

function readEntry(reader: ProtobufReader): Entry {
  let key = ''
  let value = new Uint8Array()
  let createRevision = 0
  let revision = 0
  eachField(reader, (number, type) => {
    if (number === 1) key = reader.text()
    else if (number === 2) createRevision = reader.unsigned()
    else if (number === 3) revision = reader.unsigned()
    // Memory of its own: values are kept for long, and answers are large.
    else if (number === 5) value = new Uint8Array(reader.bytes())
    else skip(reader, type)
  })
  return { key, value, revision, createRevision }
}

function eachField(reader: ProtobufReader, visit: (number: number, type: number) => void): void {
  while (!reader.isAtEnd) {
    const { number, type } = reader.tag()
    visit(number, type)
  }
}

/** Ids of clusters and members take all 64 bits; nobody needs them exactly. */
function skip(reader: ProtobufReader, type: number): void {
  if (type === wireType.varint) reader.unsigned()
  else reader.skip(type)
}
