// HTTP/1.1 on accepted TLS connections, by Node's own server, including upgrades.

import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ChainHandler } from '../chain-request.ts'
import { streamOf } from '../in-process.ts'
import { answerOf, type OpenRequests, type Peer, serveExchange, warningHeader } from './exchange.ts'
import type { Framing } from './tls-front.ts'
import { answerOverWebSocket, wantsWebSocket } from './websocket-answer.ts'

/** Upstream's: 32 s for the headers; an idle connection stays for 90 s. */
const headersTimeoutMs = 32_000
const idleTimeoutMs = 90_000

export function http1Framing(handler: ChainHandler, open: OpenRequests): Framing {
  const peers = new WeakMap<object, Peer>()
  const peerOf = (socket: object) =>
    peers.get(socket) ?? { address: '', certificateUser: undefined }
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    // A stream through the proxy may be uploaded for longer than any limit.
    requestTimeout: 0,
    maxHeaderSize: 64 * 1024,
  })
  server.on('request', (message, output) => {
    const exchange = {
      ...parts(message, peerOf(message.socket)),
      input: message,
      output,
      writeHead: output.writeHead.bind(output),
    }
    serveExchange(exchange, handler, open).catch(() => message.socket.destroy())
  })
  server.on('upgrade', (message, socket, head) => {
    upgrade(message, socket, head, { peer: peerOf(message.socket), handler, open }).catch(() =>
      socket.destroy(),
    )
  })
  // The server never listens itself; this starts its check of the timeouts.
  server.emit('listening')
  return {
    accept(socket: TLSSocket, peer: Peer) {
      peers.set(socket, peer)
      server.emit('connection', socket)
    },
    close() {
      server.closeIdleConnections()
      server.close()
    },
  }
}

function parts(message: IncomingMessage, peer: Peer) {
  return {
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers: message.headers,
    peer,
  }
}

interface Around {
  readonly peer: Peer
  readonly handler: ChainHandler
  readonly open: OpenRequests
}

async function upgrade(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  { peer, handler, open }: Around,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const exchange = {
    ...parts(message, peer),
    input: Readable.from([]),
    output: socket,
    writeHead() {},
  }
  const { response, request } = await answerOf(exchange, handler, open)
  if ('upgrade' in response) return response.upgrade(socket, head)
  if (response.status === 200 && wantsWebSocket(message))
    return answerOverWebSocket({ message, socket, head }, response)
  const warnings = request?.warnings ?? []
  const lines = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}`,
    ...Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`),
    ...warnings.map((text) => `warning: ${warningHeader(text)}`),
    'connection: close',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  for await (const chunk of streamOf(response.body)) socket.write(chunk)
  socket.end()
}
