// One request on an HTTP/1.1 connection, and its answer as bytes: counted where its size is known,
// in chunks where it is not.

import type { StatusError } from '../../api/status-error.ts'
import type { HeaderFields, RequestHead } from '../../wire/http1/request-head.ts'
import type { RequestEvent } from '../../wire/http1/request-reader.ts'
import { allocateChunk, encodeResponseHead, lastChunk } from '../../wire/http1/response-head.ts'
import type { Frame } from '../request.ts'
import type { Exchange, HeaderValues, Output, Peer, RequestBody } from './exchange.ts'
import type { Http1Connection } from './http1-connection.ts'
import { type IncomingBody, noBody } from './incoming-body.ts'

/** Head and body go out as one buffer up to this; larger ones are not worth the copy. */
const joinedBytes = 32 * 1024
/** A rest of a body that is not worth a new connection. */
const leftoverBytes = 256 * 1024

const continueHead = 'HTTP/1.1 100 Continue\r\n\r\n'

export class Http1Exchange implements Exchange, Output {
  readonly method: string
  readonly url: string
  readonly headers: HeaderFields
  readonly head: RequestHead
  readonly connection: Http1Connection
  /** The answer is whole. */
  isEnded = false
  /** No request follows on this connection. */
  isLast: boolean
  isGone = false
  readonly #incoming: IncomingBody | undefined
  #received = 0
  #isContinued: boolean
  #isBegun = false
  #isChunked = false
  #isBodiless: boolean
  readonly #onClose: (() => void)[] = []

  constructor(connection: Http1Connection, head: RequestHead, incoming: IncomingBody | undefined) {
    this.connection = connection
    this.head = head
    this.method = head.method
    this.url = head.target
    this.headers = head.headers
    this.isLast = !head.keepsAlive
    this.#incoming = incoming
    this.#isContinued = !head.expectsContinue
    this.#isBodiless = head.method === 'HEAD'
  }

  get peer(): Peer {
    return this.connection.peer
  }

  get body(): RequestBody {
    return this.#incoming ?? noBody
  }

  get output(): Output {
    return this
  }

  get isBodyWanted(): boolean {
    return this.#incoming !== undefined && !this.#incoming.isEnded && this.#incoming.isWanted
  }

  get isBodyTimed(): boolean {
    return this.#incoming?.isTimed === true && !this.#incoming.isEnded
  }

  get isBodyEnded(): boolean {
    return this.#incoming?.isEnded ?? true
  }

  takeBody(event: RequestEvent): void {
    if (event.type === 'body') {
      this.#received += event.bytes.length
      this.#incoming?.push(event.bytes)
    } else this.#incoming?.end()
  }

  /** The rest of the body will not come, and nothing can follow on this connection. */
  failBody(error: StatusError): void {
    this.isLast = true
    this.#incoming?.fail(error)
  }

  /** The request is answered: whoever still reads its body gets no more of it. */
  leaveBody(): void {
    this.#incoming?.fail(new Error('the request has been answered'))
  }

  /** The client reads on for this before it sends its body. */
  askForBody(): void {
    if (this.#isContinued || this.#isBegun) return
    this.#isContinued = true
    this.connection.socket.write(continueHead, 'latin1')
  }

  answer(status: number, headers: HeaderValues, body: Uint8Array): void {
    const head = this.#headText(status, headers, body.length)
    const { socket } = this.connection
    if (this.#isBodiless) socket.write(head, 'latin1')
    else if (body.length <= joinedBytes) {
      const joined = Buffer.allocUnsafe(head.length + body.length)
      joined.write(head, 0, 'latin1')
      joined.set(body, head.length)
      socket.write(joined)
    } else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
    this.#close()
  }

  begin(status: number, headers: HeaderValues, byteLength?: number): void {
    this.connection.socket.write(this.#headText(status, headers, byteLength), 'latin1')
  }

  write(bytes: Uint8Array): boolean {
    const { socket } = this.connection
    // An empty chunk would be the last one.
    if (this.isGone || this.#isBodiless || bytes.length === 0) return true
    if (!this.#isChunked) return socket.write(bytes)
    const { body, chunk } = allocateChunk(bytes.length)
    body.set(bytes)
    return socket.write(chunk)
  }

  writeFrame({ body, chunk }: Frame): boolean {
    if (this.isGone || this.#isBodiless) return true
    return this.connection.socket.write(this.#isChunked ? chunk : body)
  }

  flush(bytes: Uint8Array): Promise<void> {
    if (this.isGone || this.#isBodiless) return Promise.resolve()
    const { socket } = this.connection
    return new Promise((resolve) => {
      const done = () => resolve()
      if (this.#isChunked) socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
      socket.write(bytes, this.#isChunked ? undefined : done)
      if (this.#isChunked) socket.write('\r\n', 'latin1', done)
    })
  }

  drained(): Promise<void> {
    const { socket } = this.connection
    if (this.isGone || !socket.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  end(): void {
    if (this.#isChunked && !this.isGone && !this.#isBodiless)
      this.connection.socket.write(lastChunk)
    this.#close()
  }

  onClose(callback: () => void): void {
    if (this.isGone) callback()
    else this.#onClose.push(callback)
  }

  /** The client has left. */
  gone(): void {
    if (this.isEnded) return
    this.isGone = true
    this.#incoming?.fail(new Error('the client went away'))
    this.#tellClosed()
  }

  #close(): void {
    this.isEnded = true
    this.#tellClosed()
  }

  #tellClosed(): void {
    for (const callback of this.#onClose.splice(0)) callback()
  }

  #headText(status: number, headers: HeaderValues, byteLength: number | undefined): string {
    this.#isBegun = true
    const fields: HeaderValues = { date: this.connection.context.httpDate(), ...headers }
    if (status === 204 || status === 304) this.#isBodiless = true
    else if (byteLength !== undefined) fields['content-length'] = String(byteLength)
    else if (fields['content-length'] === undefined) this.#streamed(fields)
    if (!this.#isRestShort()) this.isLast = true
    if (this.isLast) fields['connection'] = 'close'
    else if (this.head.minor === 0) fields['connection'] = 'keep-alive'
    return encodeResponseHead(status, fields)
  }

  /** HTTP/1.0 knows no chunks: there the end of the connection ends the body. */
  #streamed(fields: HeaderValues): void {
    if (this.head.minor === 0) this.isLast = true
    else {
      this.#isChunked = true
      fields['transfer-encoding'] = 'chunked'
    }
  }

  /** What is left of the body can be read away, or is being read. */
  #isRestShort(): boolean {
    const incoming = this.#incoming
    if (!incoming || incoming.isEnded || incoming.isWanted) return true
    if (!this.#isContinued || this.head.body === 'chunked') return false
    return this.head.body - this.#received <= leftoverBytes
  }
}
