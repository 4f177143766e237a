// A document that changes seldom: its bytes and their hash are kept, and a client that has it is told so.

import { createHash } from 'node:crypto'
import { headerOf } from '../chain-request.ts'
import type { ServerAnswer, ServerRequest } from '../request.ts'

export interface Document {
  readonly type: string
  readonly bytes: Uint8Array
  /** Of the bytes, in the form upstream's ETags have. */
  readonly hash: string
}

export function jsonDocument(value: unknown, type = 'application/json'): Document {
  return bytesDocument(Buffer.from(JSON.stringify(value)), type)
}

export function bytesDocument(bytes: Uint8Array, type: string): Document {
  const hash = createHash('sha512').update(bytes).digest('hex').toUpperCase()
  return { type, bytes, hash }
}

export function serveDocument(request: ServerRequest, document: Document): ServerAnswer {
  const etag = JSON.stringify(document.hash)
  const headers = { 'content-type': document.type, etag, vary: 'Accept' }
  if (headerOf(request, 'if-none-match') === etag)
    return { status: 304, headers: { etag, vary: 'Accept' }, body: new Uint8Array() }
  return { status: 200, headers, body: document.bytes }
}

/** What `build` makes of a source, made again when the source is another object. */
export function derived<S extends object, T>(source: () => S, build: (source: S) => T): () => T {
  let last: { source: S; value: T } | undefined
  return () => {
    const current = source()
    if (last?.source !== current) last = { source: current, value: build(current) }
    return last.value
  }
}
