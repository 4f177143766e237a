// A SPDY/3.1 connection over any duplex of bytes: streams come and go, each a duplex of its own.
// Back-pressure is the connection's, as in the peers that speak to Kubernetes.

import { Buffer } from 'node:buffer'
import { Duplex } from 'node:stream'
import { createSpdyDecoder, encodeFrame, type SpdyFrame } from './spdy-frames.ts'
import { createHeaderCompression, type SpdyHeaders } from './spdy-headers.ts'

export interface SpdyStream {
  readonly id: number
  readonly headers: SpdyHeaders
  /** Ends when either side finishes its half; destroying it resets the stream. */
  readonly duplex: Duplex
}

export interface SpdySettings {
  readonly isServer: boolean
  /** A stream that the peer opened. */
  readonly onStream?: (stream: SpdyStream) => void
}

const longestData = 32 * 1024
/** Status of RST_STREAM and GOAWAY. */
const cancel = 5
const protocolError = 1
const mostStreams = 1000

type Sent = Exclude<SpdyFrame, { type: 'IGNORED' }>

export class SpdySession {
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>
  readonly #connection: Duplex
  readonly #settings: SpdySettings
  readonly #compression = createHeaderCompression()
  readonly #streams = new Map<number, SpdyStream>()
  readonly #opening = new Map<number, (stream: SpdyStream) => void>()
  #nextId: number
  #lastPeerId = 0
  #isClosed = false

  constructor(connection: Duplex, settings: SpdySettings) {
    this.#connection = connection
    this.#settings = settings
    this.#nextId = settings.isServer ? 2 : 1
    this.ended = this.#receive()
  }

  /** Opens a stream; resolves when the peer has accepted it. */
  async open(headers: SpdyHeaders): Promise<SpdyStream> {
    const id = this.#nextId
    this.#nextId += 2
    this.#add(id, headers)
    const { promise, resolve } = Promise.withResolvers<SpdyStream>()
    this.#opening.set(id, resolve)
    const block = await this.#compression.compress(headers)
    this.#send({ type: 'SYN_STREAM', stream: id, fin: false, block })
    return promise.finally(() => this.#opening.delete(id))
  }

  /** Ends the connection after what was written. */
  close(): void {
    if (this.#isClosed) return
    this.#send({ type: 'GOAWAY', lastStream: this.#lastPeerId, status: 0 })
    this.#connection.end()
  }

  #send(frame: Sent, sent?: () => void): void {
    if (this.#isClosed || this.#connection.writableEnded) sent?.()
    else this.#connection.write(encodeFrame(frame), () => sent?.())
  }

  #sendData(stream: number, chunk: Buffer, done: () => void): void {
    if (chunk.length === 0) done()
    for (let at = 0; at < chunk.length; at += longestData) {
      const data = chunk.subarray(at, at + longestData)
      const isLast = at + longestData >= chunk.length
      this.#send({ type: 'DATA', stream, fin: false, data }, isLast ? done : undefined)
    }
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const duplex = new Duplex({
      allowHalfOpen: true,
      read: () => void duplex.emit('wanted'),
      write: (chunk: Buffer, _encoding, done) => this.#sendData(id, chunk, done),
      final: (done) =>
        this.#send({ type: 'DATA', stream: id, fin: true, data: Buffer.alloc(0) }, done),
      destroy: (error, done) => {
        this.#streams.delete(id)
        if (error) this.#send({ type: 'RST_STREAM', stream: id, status: cancel })
        done(null)
      },
    })
    const stream = { id, headers, duplex }
    this.#streams.set(id, stream)
    return stream
  }

  async #receive(): Promise<void> {
    const decoder = createSpdyDecoder()
    try {
      for await (const bytes of this.#connection)
        for (const frame of decoder.push(bytes)) await this.#handle(frame)
    } catch {
      this.#send({ type: 'GOAWAY', lastStream: this.#lastPeerId, status: protocolError })
    } finally {
      this.#isClosed = true
      this.#compression.close()
      for (const { duplex } of this.#streams.values()) duplex.destroy()
      this.#connection.destroy()
    }
  }

  async #handle(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'SYN_STREAM':
        return this.#accept(frame)
      case 'SYN_REPLY':
      case 'HEADERS':
        return this.#answered(frame)
      case 'DATA':
        return this.#receiveData(frame)
      case 'RST_STREAM':
        this.#streams.get(frame.stream)?.duplex.destroy()
        return
      case 'PING':
        // Pings of our own would have our parity; only the peer's are answered.
        if (frame.id % 2 === (this.#settings.isServer ? 1 : 0))
          this.#send({ type: 'PING', id: frame.id })
        return
      default:
        return
    }
  }

  async #accept({ stream: id, fin, block }: Opening): Promise<void> {
    const headers = await this.#compression.decompress(block)
    this.#lastPeerId = id
    if (this.#streams.size >= mostStreams)
      return this.#send({ type: 'RST_STREAM', stream: id, status: protocolError })
    const stream = this.#add(id, headers)
    const reply = await this.#compression.compress({})
    this.#send({ type: 'SYN_REPLY', stream: id, fin: false, block: reply })
    this.#settings.onStream?.(stream)
    if (fin) stream.duplex.push(null)
  }

  async #answered({ stream: id, fin, block }: Opening): Promise<void> {
    // Also where nobody asks: the compression of later blocks builds on this one.
    await this.#compression.decompress(block)
    const stream = this.#streams.get(id)
    if (!stream) return
    this.#opening.get(id)?.(stream)
    if (fin) stream.duplex.push(null)
  }

  async #receiveData({ stream: id, fin, data }: Extract<SpdyFrame, { type: 'DATA' }>) {
    const stream = this.#streams.get(id)
    if (!stream) return
    if (data.length > 0) stream.duplex.push(Buffer.from(data))
    if (fin) stream.duplex.push(null)
    await drained(stream.duplex)
  }
}

type Opening = Pick<Extract<SpdyFrame, { type: 'SYN_STREAM' }>, 'stream' | 'fin' | 'block'>

/** Of what one stream's reader has not taken, this much waits here; then the connection waits. */
const mostUnread = 2 ** 20

async function drained(duplex: Duplex): Promise<void> {
  while (duplex.readableLength > mostUnread && !duplex.destroyed)
    await new Promise<void>((resolve) => {
      duplex.once('wanted', resolve)
      duplex.once('close', resolve)
    })
}
