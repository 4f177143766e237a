// A stream of an HTTP/2 session as the body of a request and the output of its answer.

import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { Frame } from '../request.ts'
import type { HeaderValues, Output, RequestBody } from './exchange.ts'
import { noBody, tooLarge, tooSlow } from './incoming-body.ts'

/** Upstream's time for a request that is no stream. */
const bodyTimeoutMs = 60_000
/** As over HTTP/1.1. */
const answerTimeoutMs = 120_000

/** `announced`: what the client says of its size. */
export function bodyOf(stream: ServerHttp2Stream, announced: number): RequestBody {
  if (stream.endAfterHeaders) return noBody
  return {
    stream: () => stream,
    async whole(limitBytes) {
      if (announced > limitBytes) throw tooLarge(limitBytes)
      const timer = setTimeout(() => stream.destroy(tooSlow()), bodyTimeoutMs)
      try {
        return await wholeBody(stream, limitBytes)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function wholeBody(input: Readable, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // A body that is left unread must not take the stream with it: it still carries the answer.
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

export class Http2Output implements Output {
  readonly #stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
  }

  get isGone(): boolean {
    return this.#stream.destroyed
  }

  answer(status: number, headers: HeaderValues, body: Uint8Array): void {
    this.begin(status, headers, body.length)
    if (!this.isGone && body.length > 0) this.#stream.write(body)
    this.end()
  }

  begin(status: number, headers: HeaderValues, byteLength?: number): void {
    if (this.isGone) return
    const length = byteLength === undefined ? {} : { 'content-length': String(byteLength) }
    this.#stream.respond({ ...headers, ...length, ':status': status })
  }

  write(bytes: Uint8Array): boolean {
    return this.isGone || bytes.length === 0 || this.#stream.write(bytes)
  }

  writeFrame({ body }: Frame): boolean {
    return this.write(body)
  }

  async flush(bytes: Uint8Array): Promise<void> {
    if (this.isGone) return
    await this.#taken(new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve())))
  }

  /** A client that takes nothing of its answer for long is not waited for. */
  async #taken(taking: Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.#stream.close(constants.NGHTTP2_CANCEL), answerTimeoutMs)
    await taking
    clearTimeout(timer)
  }

  drained(): Promise<void> {
    const stream = this.#stream
    if (this.isGone || !stream.writableNeedDrain) return Promise.resolve()
    const draining = new Promise<void>((resolve) => {
      const done = () => {
        stream.off('drain', done).off('close', done)
        resolve()
      }
      stream.on('drain', done).on('close', done)
    })
    return this.#taken(draining)
  }

  end(): void {
    this.#stream.end()
  }

  onClose(callback: () => void): void {
    if (this.isGone) callback()
    else this.#stream.once('close', callback)
  }
}
