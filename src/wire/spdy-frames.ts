// Codec of SPDY/3.1 frames, header blocks still compressed. All numbers big-endian.
//   control  1|version 3 (15 bits)|type (16)  flags (8)|length (24)  payload
//   data     0|stream (31)                    flags (8)|length (24)  payload
// Payloads: SYN_STREAM stream, associated stream, priority (3 bits)+unused, slot, header block;
// SYN_REPLY and HEADERS stream, header block; RST_STREAM stream, status; PING id;
// GOAWAY last good stream, status; WINDOW_UPDATE stream, delta; SETTINGS count, entries.

import { Buffer } from 'node:buffer'

export type SpdyFrame =
  | {
      readonly type: 'SYN_STREAM'
      readonly stream: number
      readonly fin: boolean
      readonly block: Uint8Array
    }
  | {
      readonly type: 'SYN_REPLY' | 'HEADERS'
      readonly stream: number
      readonly fin: boolean
      readonly block: Uint8Array
    }
  | { readonly type: 'RST_STREAM'; readonly stream: number; readonly status: number }
  | { readonly type: 'PING'; readonly id: number }
  | { readonly type: 'GOAWAY'; readonly lastStream: number; readonly status: number }
  | {
      readonly type: 'DATA'
      readonly stream: number
      readonly fin: boolean
      readonly data: Uint8Array
    }
  /** SETTINGS and WINDOW_UPDATE: Kubernetes' clients neither send nor expect flow control. */
  | { readonly type: 'IGNORED' }

const typeNumbers = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  PING: 6,
  GOAWAY: 7,
  HEADERS: 8,
} as const

const flagFin = 1
const version = 0x8003
/** The longest frame accepted; senders use 32 KiB at most. */
const longestFrame = 2 ** 20

export function encodeFrame(frame: Exclude<SpdyFrame, { type: 'IGNORED' }>): Uint8Array {
  switch (frame.type) {
    case 'DATA':
      return dataFrame(frame)
    case 'SYN_STREAM':
      return control(frame.type, frame.fin, [words(frame.stream, 0), Buffer.alloc(2), frame.block])
    case 'SYN_REPLY':
    case 'HEADERS':
      return control(frame.type, frame.fin, [words(frame.stream), frame.block])
    case 'RST_STREAM':
      return control(frame.type, false, [words(frame.stream, frame.status)])
    case 'PING':
      return control(frame.type, false, [words(frame.id)])
    case 'GOAWAY':
      return control(frame.type, false, [words(frame.lastStream, frame.status)])
  }
}

function dataFrame({ stream, fin, data }: Extract<SpdyFrame, { type: 'DATA' }>): Uint8Array {
  return Buffer.concat([words(stream, length(fin, data.length)), data])
}

function control(
  type: keyof typeof typeNumbers,
  fin: boolean,
  payload: readonly Uint8Array[],
): Uint8Array {
  const body = Buffer.concat(payload)
  const head = words(version * 2 ** 16 + typeNumbers[type], length(fin, body.length))
  return Buffer.concat([head, body])
}

function length(fin: boolean, bytes: number): number {
  return (fin ? flagFin : 0) * 2 ** 24 + bytes
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length)
  numbers.forEach((number, at) => {
    bytes.writeUInt32BE(number, 4 * at)
  })
  return bytes
}

export interface SpdyDecoder {
  /** Bytes as they arrive, cut anywhere; the frames that are now complete. */
  push(bytes: Uint8Array): readonly SpdyFrame[]
}

/** Throws RangeError on what is no SPDY/3.1. */
export function createSpdyDecoder(): SpdyDecoder {
  let pending: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      pending = pending.length > 0 ? Buffer.concat([pending, bytes]) : Buffer.from(bytes)
      const frames: SpdyFrame[] = []
      while (pending.length >= 8) {
        const size = pending.readUIntBE(5, 3)
        if (size > longestFrame) throw new RangeError(`SPDY frame of ${size} bytes`)
        if (pending.length < 8 + size) break
        frames.push(decodeFrame(pending.subarray(0, 8 + size)))
        pending = pending.subarray(8 + size)
      }
      return frames
    },
  }
}

function decodeFrame(frame: Buffer): SpdyFrame {
  const first = frame.readUInt32BE(0)
  const fin = (frame.readUInt8(4) & flagFin) !== 0
  const payload = frame.subarray(8)
  if (first < 2 ** 31) return { type: 'DATA', stream: first, fin, data: payload }
  if (first >>> 16 !== version) throw new RangeError('not a SPDY/3 frame')
  const number = (at: number) => payload.readUInt32BE(at) & 0x7fffffff
  switch (first & 0xffff) {
    case typeNumbers.SYN_STREAM:
      return { type: 'SYN_STREAM', stream: number(0), fin, block: payload.subarray(10) }
    case typeNumbers.SYN_REPLY:
      return { type: 'SYN_REPLY', stream: number(0), fin, block: payload.subarray(4) }
    case typeNumbers.HEADERS:
      return { type: 'HEADERS', stream: number(0), fin, block: payload.subarray(4) }
    case typeNumbers.RST_STREAM:
      return { type: 'RST_STREAM', stream: number(0), status: payload.readUInt32BE(4) }
    case typeNumbers.PING:
      return { type: 'PING', id: payload.readUInt32BE(0) }
    case typeNumbers.GOAWAY:
      return { type: 'GOAWAY', lastStream: number(0), status: payload.readUInt32BE(4) }
    default:
      return { type: 'IGNORED' }
  }
}
