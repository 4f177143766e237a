// A WebSocket from a backend to a client, at most one frame a write and so a TLS record: clients
// that wait for the socket between frames (Python's) do not see a second one that TLS holds back.
// Frames: RFC 6455, section 5.2.

import type { Duplex } from 'node:stream'

/** Resolves when the source has ended and all of it is written, or one of them has gone. */
export async function pipeFrames(source: Duplex, sink: Duplex): Promise<void> {
  const cut = createFrameCutter()
  try {
    for await (const chunk of source) for (const piece of cut(chunk)) await written(sink, piece)
  } catch {
    // Whoever joined the two ends both when one breaks.
  }
  sink.end()
}

/** Also when it fails: the sink is closed then. */
function written(sink: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => sink.write(bytes, () => resolve()))
}

const headEnd = Buffer.from('\r\n\r\n')

/** Cuts an answer's head and the frames after it, however they come, where a frame ends. */
export function createFrameCutter(): (chunk: Uint8Array) => Iterable<Uint8Array> {
  let isHead = true
  /** What came of a head, or of a frame's header, and is not whole yet. */
  let begun: Buffer = Buffer.alloc(0)
  /** Bytes of the frame under way that are still to come. */
  let missing = 0

  return function* cut(chunk) {
    let rest = begun.length > 0 ? Buffer.concat([begun, chunk]) : Buffer.from(chunk)
    begun = Buffer.alloc(0)
    while (rest.length > 0) {
      const size = missing || (isHead ? headSize(rest) : frameSize(rest))
      if (size === undefined) {
        begun = rest
        return
      }
      const piece = rest.subarray(0, size)
      yield piece
      missing = size - piece.length
      rest = rest.subarray(piece.length)
      isHead = false
    }
  }
}

function headSize(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(headEnd)
  return at < 0 ? undefined : at + headEnd.length
}

/** Header and payload: 7 bits, or 126 and 16 bits, or 127 and 64 bits of length; a mask of 4 bytes. */
function frameSize(bytes: Buffer): number | undefined {
  const [, second] = bytes
  if (second === undefined) return undefined
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const headerBytes = 2 + lengthBytes + (second & 0x80 ? 4 : 0)
  if (bytes.length < headerBytes) return undefined
  if (lengthBytes === 0) return headerBytes + short
  const payload = lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  return headerBytes + payload
}
