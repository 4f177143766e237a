// Events as one frame: the bytes that go to a client in one piece, framed once for all of them.

import type { StatusError } from '../../api/status-error.ts'
import { allocateChunk } from '../../wire/http1/response-head.ts'
import type { Frame } from '../request.ts'
import type { EventEncoder } from './event-encoder.ts'

/** Undefined for nothing. */
export function frameOf(parts: readonly Uint8Array[]): Frame | undefined {
  return parts.length > 0 ? joined(parts) : undefined
}

export function bookmarkFrame(
  encoder: EventEncoder,
  revision: number,
  isInitialEnd: boolean,
): Frame {
  return joined([encoder.bookmark(revision, isInitialEnd)])
}

export function errorFrame(encoder: EventEncoder, error: StatusError): Frame {
  return joined([encoder.error(error)])
}

function joined(parts: readonly Uint8Array[]): Frame {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const { body, chunk } = allocateChunk(size)
  let at = 0
  for (const part of parts) {
    body.set(part, at)
    at += part.length
  }
  return { body, chunk, events: parts.length }
}
