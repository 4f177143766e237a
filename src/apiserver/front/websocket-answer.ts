// An ordinary streamed answer over a WebSocket, for clients that ask for a watch or a log that way:
// a watch sends one text message an event, anything else its bytes as they come.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { streamOf } from '../body.ts'
import { linesOf } from '../reader.ts'
import type { ServerAnswer } from '../request.ts'
import type { Exchange } from './exchange.ts'

/** Base64 is for clients that cannot take binary messages. */
const protocols = ['binary.k8s.io', 'base64.binary.k8s.io']

export interface UpgradeRequest {
  readonly message: IncomingMessage
  readonly socket: Duplex
  readonly head: Uint8Array
}

export function wantsWebSocket({ headers }: Pick<Exchange, 'headers'>): boolean {
  return String(headers['upgrade']).toLowerCase() === 'websocket'
}

/** Resolves when all has been sent, or the client has gone. */
export async function answerOverWebSocket(
  { message, socket, head }: UpgradeRequest,
  answer: ServerAnswer,
): Promise<void> {
  const client = await accepted({ message, socket, head })
  // It was paused when it was handed over.
  socket.resume()
  for await (const part of partsOf(answer, client.protocol)) {
    if (client.readyState !== client.OPEN) break
    await sent(client, part)
  }
  client.close(1000)
}

function accepted({ message, socket, head }: UpgradeRequest): Promise<WebSocket> {
  const handshake = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  })
  return new Promise((resolve) =>
    handshake.handleUpgrade(message, socket, Buffer.from(head), resolve),
  )
}

function partsOf(answer: ServerAnswer, protocol: string): AsyncIterable<string | Uint8Array> {
  const stream = streamOf(answer.body)
  if (answer.headers['content-type'] === 'application/json') return linesOf(stream)
  return protocol.startsWith('base64.') ? inBase64(stream) : stream
}

async function* inBase64(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const chunk of stream) yield Buffer.from(chunk).toString('base64')
}

/** A client that has gone is seen by its state. */
function sent(client: WebSocket, part: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => client.send(part, () => resolve()))
}
