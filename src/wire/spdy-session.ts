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

export interface SpdySession {
  /** Opens a stream; resolves when the peer has accepted it. */
  open(headers: SpdyHeaders): Promise<SpdyStream>
  /** Ends the connection after what was written. */
  close(): void
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>
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

export function createSpdySession(
  connection: Duplex,
  { isServer, onStream }: SpdySettings,
): SpdySession {
  const decoder = createSpdyDecoder()
  const compression = createHeaderCompression()
  const streams = new Map<number, SpdyStream>()
  const opening = new Map<number, (stream: SpdyStream) => void>()
  let nextId = isServer ? 2 : 1
  let lastPeerId = 0
  let isClosed = false

  function send(frame: Exclude<SpdyFrame, { type: 'IGNORED' }>, sent?: () => void): void {
    if (isClosed || connection.writableEnded) sent?.()
    else connection.write(encodeFrame(frame), () => sent?.())
  }

  function add(id: number, headers: SpdyHeaders): SpdyStream {
    const duplex = new Duplex({
      allowHalfOpen: true,
      read() {
        duplex.emit('wanted')
      },
      write(chunk: Buffer, _encoding, done) {
        sendData(id, chunk, done)
      },
      final(done) {
        send({ type: 'DATA', stream: id, fin: true, data: Buffer.alloc(0) }, done)
      },
      destroy(error, done) {
        streams.delete(id)
        if (error) send({ type: 'RST_STREAM', stream: id, status: cancel })
        done(null)
      },
    })
    const stream = { id, headers, duplex }
    streams.set(id, stream)
    return stream
  }

  function sendData(id: number, chunk: Buffer, done: () => void): void {
    for (let at = 0; at < chunk.length; at += longestData) {
      const data = chunk.subarray(at, at + longestData)
      const isLast = at + longestData >= chunk.length
      send({ type: 'DATA', stream: id, fin: false, data }, isLast ? done : undefined)
    }
    if (chunk.length === 0) done()
  }

  async function handle(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'SYN_STREAM': {
        const headers = await compression.decompress(frame.block)
        return accept(frame.stream, headers, frame.fin)
      }
      case 'SYN_REPLY':
      case 'HEADERS': {
        await compression.decompress(frame.block)
        const stream = streams.get(frame.stream)
        if (stream) opening.get(frame.stream)?.(stream)
        if (frame.fin) stream?.duplex.push(null)
        return
      }
      case 'DATA': {
        const stream = streams.get(frame.stream)
        if (!stream) return
        if (frame.data.length > 0) stream.duplex.push(Buffer.from(frame.data))
        if (frame.fin) stream.duplex.push(null)
        return drained(stream.duplex)
      }
      case 'RST_STREAM':
        streams.get(frame.stream)?.duplex.destroy()
        return
      case 'PING':
        if (frame.id % 2 === (isServer ? 1 : 0)) send({ type: 'PING', id: frame.id })
        return
      default:
        return
    }
  }

  async function accept(id: number, headers: SpdyHeaders, fin: boolean): Promise<void> {
    lastPeerId = id
    if (streams.size >= mostStreams)
      return send({ type: 'RST_STREAM', stream: id, status: protocolError })
    const stream = add(id, headers)
    const block = await compression.compress({})
    send({ type: 'SYN_REPLY', stream: id, fin: false, block })
    onStream?.(stream)
    if (fin) stream.duplex.push(null)
  }

  async function receive(): Promise<void> {
    try {
      for await (const bytes of connection)
        for (const frame of decoder.push(bytes)) await handle(frame)
    } catch {
      send({ type: 'GOAWAY', lastStream: lastPeerId, status: protocolError })
    } finally {
      isClosed = true
      compression.close()
      for (const { duplex } of streams.values()) duplex.destroy()
      connection.destroy()
    }
  }

  return {
    async open(headers) {
      const id = nextId
      nextId += 2
      add(id, headers)
      const answered = new Promise<SpdyStream>((resolve) => opening.set(id, resolve))
      const block = await compression.compress(headers)
      send({ type: 'SYN_STREAM', stream: id, fin: false, block })
      return answered.finally(() => opening.delete(id))
    },
    close() {
      if (isClosed) return
      send({ type: 'GOAWAY', lastStream: lastPeerId, status: 0 })
      connection.end()
    },
    ended: receive(),
  }
}

/** Of what one stream's reader has not taken, this much waits here; then the connection waits. */
const mostUnread = 2 ** 20

async function drained(duplex: Duplex): Promise<void> {
  while (duplex.readableLength > mostUnread && !duplex.destroyed)
    await new Promise<void>((resolve) => {
      duplex.once('wanted', resolve)
      duplex.once('close', resolve)
    })
}
