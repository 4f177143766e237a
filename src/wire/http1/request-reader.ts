// Codec: the bytes of a connection to requests, incrementally. In: bytes in whatever pieces they
// come. Out: one event at a time, when it is asked for; nothing is read ahead of the asking.
//   head  [ body* end ]  head ...      `body` and `end` follow only a head that announces a body
// Memory: unread bytes, which the caller keeps in bounds by not pushing more.

import { Buffer } from 'node:buffer'
import { type ChunkedReader, createChunkedReader } from './chunked-body.ts'
import {
  BadHttp,
  createHeadReader,
  type HeadLimits,
  type RequestHead,
  tooLarge,
} from './request-head.ts'

export type RequestEvent =
  | { readonly type: 'head'; readonly head: RequestHead }
  | { readonly type: 'body'; readonly bytes: Buffer }
  | { readonly type: 'end' }

const end: RequestEvent = { type: 'end' }
const headEnd = '\r\n\r\n'
const nothing = Buffer.alloc(0)
const carriageReturn = 0x0d
const lineFeed = 0x0a

export class RequestReader {
  readonly #limits: HeadLimits
  readonly #heads: ReturnType<typeof createHeadReader>
  /** Unread bytes are #bytes[#from..#to); behind #to there may be room of our own. */
  #bytes: Buffer = nothing
  #from = 0
  #to = 0
  #isOwn = false
  /** Bytes of an unfinished head that hold neither its end nor a fault. */
  #searched = 0
  #body: number | ChunkedReader | undefined

  constructor(limits: HeadLimits) {
    this.#limits = limits
    this.#heads = createHeadReader(limits)
  }

  /** Bytes that were pushed and not read yet. */
  get unread(): number {
    return this.#to - this.#from
  }

  /** Takes bytes over; they must not change any more. */
  push(bytes: Buffer): void {
    if (this.#from === this.#to) {
      this.#bytes = bytes
      this.#from = 0
      this.#to = bytes.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#to + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** Moves what is unread to a new buffer: parts of the old one may be in others' hands. */
  #grow(more: number): void {
    const grown = Buffer.allocUnsafe(2 * (this.unread + more))
    this.#bytes.copy(grown, 0, this.#from, this.#to)
    this.#to = this.unread
    this.#from = 0
    this.#bytes = grown
    this.#isOwn = true
  }

  /** The next event; undefined until more bytes come. Throws BadHttp, after which nothing follows. */
  next(): RequestEvent | undefined {
    if (this.#body === undefined) return this.#readHead()
    return typeof this.#body === 'number' ? this.#readCounted(this.#body) : this.#readChunked()
  }

  /** What is unread, for whoever takes the connection over. */
  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#from, this.#to)
    this.#forget()
    return rest
  }

  #readHead(): RequestEvent | undefined {
    this.#skipEmptyLines()
    if (this.#from === this.#to) return this.#forget()
    const from = this.#from
    const start = from + Math.max(0, this.#searched - headEnd.length + 1)
    const found = this.#bytes.indexOf(headEnd, start, 'latin1')
    // Behind #to there may be bytes of no meaning.
    const isWhole = found >= 0 && found + headEnd.length <= this.#to
    if (!isWhole) this.#assertLines()
    if ((isWhole ? found + headEnd.length : this.#to) - from > this.#limits.bytes) throw tooLarge()
    if (!isWhole) return undefined
    const head = this.#heads.read(this.#bytes.toString('latin1', from, found))
    this.#from = found + headEnd.length
    this.#searched = 0
    if (head.body === 'chunked') this.#body = createChunkedReader()
    else if (head.body > 0) this.#body = head.body
    return { type: 'head', head }
  }

  /** A connection that waits for its next request keeps no buffer. */
  #forget(): undefined {
    this.#bytes = nothing
    this.#from = 0
    this.#to = 0
    this.#searched = 0
  }

  /** Before a request line; clients of old send one after a body. */
  #skipEmptyLines(): void {
    while (
      this.unread > 1 &&
      this.#bytes[this.#from] === carriageReturn &&
      this.#bytes[this.#from + 1] === lineFeed
    ) {
      this.#from += 2
      this.#searched = 0
    }
  }

  /** A line that ends in LF alone will never end a head: better said now than after a timeout. */
  #assertLines(): void {
    const first = this.#from + this.#searched
    let at = this.#bytes.indexOf(lineFeed, first)
    while (at >= 0 && at < this.#to) {
      if (at === this.#from || this.#bytes[at - 1] !== carriageReturn)
        throw new BadHttp(400, 'malformed HTTP request')
      at = this.#bytes.indexOf(lineFeed, at + 1)
    }
    this.#searched = this.unread
  }

  #readCounted(left: number): RequestEvent | undefined {
    if (left === 0) return this.#ended()
    const size = Math.min(left, this.unread)
    if (size === 0) return undefined
    const bytes = this.#bytes.subarray(this.#from, this.#from + size)
    this.#from += size
    this.#body = left - size
    return { type: 'body', bytes }
  }

  #readChunked(): RequestEvent | undefined {
    const body = this.#body
    while (typeof body === 'object' && !body.isDone) {
      const { used, data } = body.step(this.#bytes.subarray(this.#from, this.#to))
      if (used === 0) return undefined
      this.#from += used
      if (data) return { type: 'body', bytes: data }
    }
    return this.#ended()
  }

  #ended(): RequestEvent {
    this.#body = undefined
    return end
  }
}
