// HTTP/1.1 on accepted TLS connections, by the codec of src/wire/http1.

import type { TLSSocket } from 'node:tls'
import type { ChainHandler } from '../chain-request.ts'
import { answerOf, type OpenRequests, type Peer, upgradeRequired } from './exchange.ts'
import { type ConnectionContext, Http1Connection } from './http1-connection.ts'
import type { Http1Exchange } from './http1-exchange.ts'
import type { Framing } from './tls-front.ts'
import { writeAnswer } from './write-answer.ts'

/** How often connections are looked at for those that take too long. */
const checkMs = 1_000
/** Bytes of all connections together that wait to become requests. */
const unreadBytes = 64 * 1024 * 1024

export function http1Framing(handler: ChainHandler, open: OpenRequests): Framing {
  /** Those without a request in the order in which they began to wait. */
  const connections = new Set<Http1Connection>()
  let unread = 0
  let nowMs = performance.now()
  let date = new Date().toUTCString()
  const context: ConnectionContext = {
    serve: (exchange) =>
      serve(exchange, handler, open).catch(() => void exchange.connection.socket.destroy()),
    nowMs: () => nowMs,
    httpDate: () => date,
    account(bytes) {
      unread += bytes
      return unread <= unreadBytes
    },
    rested(connection) {
      connections.delete(connection)
      connections.add(connection)
    },
    closed: (connection) => void connections.delete(connection),
  }
  const checking = setInterval(() => {
    nowMs = performance.now()
    date = new Date().toUTCString()
    for (const connection of connections) connection.check(nowMs)
  }, checkMs).unref()
  return {
    accept(socket: TLSSocket, peer: Peer) {
      connections.add(new Http1Connection(socket, peer, context))
    },
    shed() {
      for (const connection of connections) if (connection.shed()) return true
      return false
    },
    close() {
      for (const connection of connections) connection.close()
      clearInterval(checking)
    },
  }
}

async function serve(
  exchange: Http1Exchange,
  handler: ChainHandler,
  open: OpenRequests,
): Promise<void> {
  const { response, request } = await answerOf(exchange, handler, open)
  const { connection, head } = exchange
  const mayUpgrade = head.isUpgrade && head.body === 0
  if ('upgrade' in response) {
    if (!mayUpgrade) return writeAnswer(exchange, upgradeRequired(), [])
    return response.upgrade(connection.socket, connection.handOver())
  }
  if (mayUpgrade && response.status === 200 && wantsWebSocket(exchange)) {
    const { answerOverWebSocket } = await import('./websocket-answer.ts')
    const { socket } = connection
    return answerOverWebSocket({ exchange, socket, head: connection.handOver() }, response)
  }
  await writeAnswer(exchange, response, request?.warnings ?? [])
}

function wantsWebSocket({ headers }: Http1Exchange): boolean {
  return String(headers['upgrade']).toLowerCase() === 'websocket'
}
