// Codec of the log's files: a file is a row of frames, a frame a row of records.
//
// Frame, little endian:            Record:
//   0  u32 magic "SPF1"              0  u48 revision
//   4  u32 type                      6  u48 createRevision (0 in a log)
//   8  u32 payload bytes            12  u32 key bytes
//  12  u32 CRC-32 of the payload    16  u32 value bytes; ffffffff: deleted
//  16  u32 CRC-32 of bytes 0..15    20  key (UTF-8), value
//  20  payload
// One frame is one synced batch: only the last frame of a log can be torn, so a good frame after
// a bad one means that something acknowledged was damaged later.

import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

export const frameType = { batch: 1, entries: 2, end: 3 } as const
export type FrameType = (typeof frameType)[keyof typeof frameType]

export interface FrameRecord {
  readonly key: string
  readonly value: Uint8Array | undefined
  readonly revision: number
  readonly createRevision: number
}

export interface Frame {
  readonly type: number
  readonly payload: Buffer
  /** Offset of the next frame. */
  readonly end: number
}

const magic = 0x31465053
const frameHead = 20
const recordHead = 20
const deleted = 0xffffffff

/** Of a log's record nobody needs to know when its key was created. */
type WrittenRecord = Omit<FrameRecord, 'createRevision'> & { readonly createRevision?: number }

export function encodeFrame(type: FrameType, records: readonly WrittenRecord[]): Buffer {
  let size = 0
  for (const { key, value } of records) {
    size += recordHead + Buffer.byteLength(key) + (value?.length ?? 0)
  }
  const frame = Buffer.allocUnsafe(frameHead + size)
  let at = frameHead
  for (const record of records) at += writeRecord(frame, at, record)
  frame.writeUInt32LE(magic, 0)
  frame.writeUInt32LE(type, 4)
  frame.writeUInt32LE(size, 8)
  frame.writeUInt32LE(crc32(frame.subarray(frameHead)), 12)
  frame.writeUInt32LE(crc32(frame.subarray(0, 16)), 16)
  return frame
}

/** Returns its size. */
function writeRecord(frame: Buffer, at: number, record: WrittenRecord): number {
  const { key, revision, createRevision = 0, value } = record
  const keyBytes = frame.write(key, at + recordHead)
  frame.writeUIntLE(revision, at, 6)
  frame.writeUIntLE(createRevision, at + 6, 6)
  frame.writeUInt32LE(keyBytes, at + 12)
  frame.writeUInt32LE(value ? value.length : deleted, at + 16)
  if (value) frame.set(value, at + recordHead + keyBytes)
  return recordHead + keyBytes + (value?.length ?? 0)
}

/** The frame at `offset`; undefined when none is there or it is damaged. */
export function readFrame(file: Buffer, offset: number): Frame | undefined {
  if (offset + frameHead > file.length || file.readUInt32LE(offset) !== magic) return undefined
  if (file.readUInt32LE(offset + 16) !== crc32(file.subarray(offset, offset + 16))) return undefined
  const start = offset + frameHead
  const end = start + file.readUInt32LE(offset + 8)
  if (end > file.length) return undefined
  const payload = file.subarray(start, end)
  if (file.readUInt32LE(offset + 12) !== crc32(payload)) return undefined
  return { type: file.readUInt32LE(offset + 4), payload, end }
}

/** Offset of the first whole frame after `offset`, or -1. */
export function findFrame(file: Buffer, offset: number): number {
  const mark = Buffer.alloc(4)
  mark.writeUInt32LE(magic)
  let at = file.indexOf(mark, offset + 1)
  while (at >= 0 && !readFrame(file, at)) at = file.indexOf(mark, at + 1)
  return at
}

/**
 * Whether what stands at `offset`, where no good frame begins, was once a whole one. After a crash
 * in the middle of a write some bytes are still the zeros that were there before: the last ones, or
 * a sector. Where all were written and the checksum is wrong, they were changed later.
 */
export function isDamagedFrame(file: Buffer, offset: number): boolean {
  if (offset + frameHead > file.length) return false
  if (file.readUInt32LE(offset + 16) !== crc32(file.subarray(offset, offset + 16))) {
    return isHeadWritten(file, offset)
  }
  const end = offset + frameHead + file.readUInt32LE(offset + 8)
  if (end > file.length || file[end - 1] === 0) return false
  for (let at = offset; at < end; at = sectorEnd(at)) {
    if (file.subarray(at, Math.min(end, sectorEnd(at))).every((byte) => byte === 0)) return false
  }
  return true
}

/** The least that a disk writes at once. */
const sectorBytes = 512

const sectorEnd = (at: number) => (Math.floor(at / sectorBytes) + 1) * sectorBytes

/** It begins with the magic, of which a few bits may have changed, and something follows its end. */
function isHeadWritten(file: Buffer, offset: number): boolean {
  let bits = 0
  for (let changed = file.readUInt32LE(offset) ^ magic; changed !== 0; changed &= changed - 1)
    bits++
  const last = offset + frameHead - 1
  return bits <= mostChangedBits && file.subarray(last, sectorEnd(last)).some((byte) => byte !== 0)
}

const mostChangedBits = 4

/** Values are views of `payload`. */
export function* decodeRecords(payload: Buffer): Generator<FrameRecord> {
  let at = 0
  while (at < payload.length) {
    const keyEnd = at + recordHead + payload.readUInt32LE(at + 12)
    const valueSize = payload.readUInt32LE(at + 16)
    const end = valueSize === deleted ? keyEnd : keyEnd + valueSize
    assert(end <= payload.length, 'a frame with a good checksum holds whole records')
    yield {
      key: payload.toString('utf8', at + recordHead, keyEnd),
      value: valueSize === deleted ? undefined : payload.subarray(keyEnd, end),
      revision: payload.readUIntLE(at, 6),
      createRevision: payload.readUIntLE(at + 6, 6),
    }
    at = end
  }
}
