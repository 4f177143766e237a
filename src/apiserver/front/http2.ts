// HTTP/2 on accepted TLS connections, by Node's own sessions.

import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { ChainHandler } from '../chain-request.ts'
import { type OpenRequests, type Peer, serveExchange } from './exchange.ts'
import { bodyOf, Http2Output } from './http2-output.ts'
import type { Framing } from './tls-front.ts'

const settings = {
  // Upstream's number of requests at once on one connection.
  maxConcurrentStreams: 250,
  initialWindowSize: 256 * 1024,
  maxHeaderListSize: 64 * 1024,
}
const idleTimeoutMs = 90_000

export function http2Framing(handler: ChainHandler, open: OpenRequests): Framing {
  const sessions = new Set<ServerHttp2Session>()
  return {
    accept(socket: TLSSocket, peer: Peer) {
      const session = performServerHandshake(socket, { settings })
      sessions.add(session)
      session.on('close', () => sessions.delete(session))
      session.on('error', () => session.destroy())
      let streams = 0
      // A watch may be silent for long, so only a session without streams is idle.
      session.setTimeout(idleTimeoutMs, () => streams === 0 && session.close())
      session.on('stream', (stream, headers) => {
        streams++
        stream.on('close', () => streams--)
        stream.on('error', () => stream.destroy())
        const exchange = {
          method: headers[':method'] ?? 'GET',
          url: headers[':path'] ?? '/',
          headers,
          peer,
          body: bodyOf(stream, Number(headers['content-length'] ?? 0)),
          output: new Http2Output(stream),
        }
        // Node resets a stream whose body nobody read once the answer is written, and clients may
        // see the reset before the answer's end: so whatever is left of the body is read away.
        serveExchange(exchange, handler, open).then(
          () => stream.resume(),
          () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
        )
        if (stream.endAfterHeaders) stream.resume()
      })
    },
    // A session says little of how long it has been idle; it ends by itself.
    shed: () => false,
    close() {
      for (const session of sessions) session.close()
    },
  }
}
