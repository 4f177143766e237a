// The forms of an answer's body, looked at as one: its size where it is known, its pieces.

import type { LargeBody, ServerAnswer } from './request.ts'

export type KnownBody = Exclude<ServerAnswer['body'], AsyncIterable<Uint8Array>>

/** Bytes of a piece of a large body. */
const pieceBytes = 64 * 1024

export function sizeOf(body: KnownBody): number {
  if ('byteLength' in body) return body.byteLength
  return body.reduce((sum, part) => sum + part.length, 0)
}

export function* chunksOf(body: KnownBody): Generator<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else if ('read' in body) yield* piecesOf(body)
  else yield* body
}

function* piecesOf(body: LargeBody): Generator<Uint8Array> {
  for (;;) {
    const piece = Buffer.allocUnsafe(pieceBytes)
    const size = body.read(piece)
    if (size === 0) return
    yield piece.subarray(0, size)
  }
}

/** Any body as a stream. */
export function streamOf(body: ServerAnswer['body']): AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in body ? body : streamed(body)
}

async function* streamed(body: KnownBody): AsyncGenerator<Uint8Array> {
  for (const part of chunksOf(body)) if (part.length > 0) yield part
}
