// gRPC over one HTTP/2 connection: unary calls and streams of answers. In: encoded messages. Out:
// encoded messages, or GrpcError (the server's answer), or ChannelLost (there was none).
// Frame of a message: 1 byte compression (0: none), 4 bytes length (big-endian), the message.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { Socket } from 'node:net'

/** Codes of gRPC that decide what the store does. */
export const grpcCode = {
  ok: 0,
  cancelled: 1,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  outOfRange: 11,
  unavailable: 14,
  unauthenticated: 16,
} as const

export class GrpcError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.name = 'GrpcError'
    this.code = code
  }
}

/** The connection broke, or nothing came in time: what was asked may have been done or not. */
export class ChannelLost extends Error {}

export interface Channel {
  readonly endpoint: string
  /** Goes with every call from now on. */
  authorize(token: string): void
  readonly isOpen: boolean
  unary(path: string, message: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** Sends one message and yields the answers; a slow reader slows the server down. */
  stream(path: string, message: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array>
  destroy(): void
}

/** Bytes the server may send ahead: of one answer, and of all on the connection. */
const streamWindow = 4 * 1024 * 1024
const connectionWindow = 32 * 1024 * 1024
/** etcd closes connections that ping more often than every 5 s. */
const pingMs = 10_000

/** The socket is connected (and for https through its handshake) already. */
export function openChannel(endpoint: string, socket: Socket): Promise<Channel> {
  const session = connect(endpoint, {
    createConnection: () => socket,
    settings: { initialWindowSize: streamWindow, enablePush: false },
  })
  // Every failure reaches the streams; the session itself has nobody to tell.
  session.on('error', () => {})
  session.on('goaway', () => session.close())
  // A socket that stays half open after the peer's end would keep the session waiting.
  socket.once('end', () => session.destroy())
  return new Promise((resolve, reject) => {
    session.once('close', () => reject(new ChannelLost(`${endpoint}: no HTTP/2 there`)))
    session.once('remoteSettings', () => {
      session.setLocalWindowSize(connectionWindow)
      resolve(channelOver(endpoint, session))
    })
  })
}

function channelOver(endpoint: string, session: ClientHttp2Session): Channel {
  const stopPings = keepAlive(session)
  session.once('close', stopPings)
  let credentials: { readonly token?: string } = {}

  function request(path: string) {
    const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_METHOD_POST } = constants
    try {
      return session.request({
        [HTTP2_HEADER_METHOD]: HTTP2_METHOD_POST,
        [HTTP2_HEADER_PATH]: path,
        'content-type': 'application/grpc',
        te: 'trailers',
        // A member cut off from its leader ends the call instead of keeping it.
        hasleader: 'true',
        ...credentials,
      })
    } catch (error) {
      throw new ChannelLost(error instanceof Error ? error.message : String(error))
    }
  }

  return {
    endpoint,
    authorize(token) {
      credentials = { token }
    },
    get isOpen() {
      return !session.closed && !session.destroyed
    },
    unary: (path, message, timeoutMs) =>
      new Promise((resolve, reject) => {
        const stream = request(path)
        const status = statusOf(stream)
        const frames: Uint8Array[] = []
        const takeChunk = frameSplitter((frame) => frames.push(frame))
        let failure: Error | undefined
        stream.on('data', takeChunk)
        stream.on('error', (error) => {
          failure ??= error
        })
        stream.setTimeout(timeoutMs, () => {
          failure = new Error(`no answer in ${timeoutMs} ms`)
          stream.close(constants.NGHTTP2_CANCEL)
        })
        stream.on('close', () => {
          const fault = status.fault(failure)
          const [frame] = frames
          if (fault) reject(fault)
          else if (frame) resolve(frame)
          else reject(new GrpcError(13, 'an answer without a message'))
        })
        stream.end(frameOf(message))
      }),
    async *stream(path, message, signal) {
      const stream = request(path)
      const status = statusOf(stream)
      const cancel = () => stream.close(constants.NGHTTP2_CANCEL)
      // Told by the loop below when it reads next.
      stream.on('error', () => {})
      signal.addEventListener('abort', cancel)
      const frames: Uint8Array[] = []
      const takeChunk = frameSplitter((frame) => frames.push(frame))
      if (signal.aborted) cancel()
      stream.write(frameOf(message))
      let failure: Error | undefined
      try {
        for await (const chunk of stream) {
          takeChunk(chunk)
          yield* frames.splice(0)
        }
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
      } finally {
        signal.removeEventListener('abort', cancel)
        cancel()
      }
      if (signal.aborted) return
      throw status.fault(failure) ?? new ChannelLost('the server ended the stream')
    },
    destroy: () => session.destroy(),
  }
}

/** grpc-status comes in the trailers, or in the headers of an answer that has nothing else. */
function statusOf(stream: ClientHttp2Stream) {
  let code: number | undefined
  let message = ''
  const take = (headers: IncomingHttpHeaders) => {
    if (headers['grpc-status'] === undefined) return
    code = Number(headers['grpc-status'])
    message = decodeURIComponent(String(headers['grpc-message'] ?? ''))
  }
  stream.once('response', take)
  stream.once('trailers', take)
  return {
    fault(failure: Error | undefined): Error | undefined {
      if (code !== undefined) {
        return code === grpcCode.ok ? undefined : new GrpcError(code, message)
      }
      return new ChannelLost(failure?.message ?? 'the connection was lost')
    },
  }
}

/** A peer that is gone without a word is noticed by the ping it does not answer. */
function keepAlive(session: ClientHttp2Session): () => void {
  let isAnswered = true
  const timer = setInterval(() => {
    if (!isAnswered) return session.destroy()
    isAnswered = false
    session.ping(() => {
      isAnswered = true
    })
  }, pingMs)
  timer.unref()
  return () => clearInterval(timer)
}

const frameHead = 5

function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHead + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, frameHead)
  return frame
}

/** Takes chunks as they come and gives each whole message, joined at most once. */
function frameSplitter(give: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let length = 0
  let needed = frameHead
  return (chunk) => {
    chunks.push(chunk)
    length += chunk.length
    if (length < needed) return
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, length)
    for (;;) {
      needed = rest.length < frameHead ? frameHead : frameHead + rest.readUInt32BE(1)
      if (rest.length < needed || rest.length < frameHead) break
      give(rest.subarray(frameHead, needed))
      rest = rest.subarray(needed)
    }
    chunks = rest.length > 0 ? [rest] : []
    length = rest.length
  }
}
