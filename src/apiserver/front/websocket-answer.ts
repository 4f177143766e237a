// An ordinary streamed answer over a WebSocket, for clients that ask for a watch or a log that way:
// a watch sends one message an event, anything else its bytes as they come. Loaded when it is asked for.

import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { streamOf } from '../body.ts'
import { linesOf } from '../reader.ts'
import type { ServerAnswer } from '../request.ts'
import type { Exchange } from './exchange.ts'

/** Base64 is for clients that cannot take binary messages. */
const protocols = ['binary.k8s.io', 'base64.binary.k8s.io']

export interface UpgradeRequest {
  readonly exchange: Pick<Exchange, 'method' | 'headers'>
  readonly socket: Socket
  /** What came after the request. */
  readonly head: Uint8Array
}

/** Resolves when all has been sent, or the client has gone. */
export async function answerOverWebSocket(
  asked: UpgradeRequest,
  answer: ServerAnswer,
): Promise<void> {
  const client = await accepted(asked)
  // It was paused when it was handed over.
  asked.socket.resume()
  for await (const part of partsOf(answer, client.protocol)) {
    if (client.readyState !== client.OPEN) break
    await sent(client, part)
  }
  client.close(1000)
}

function accepted({ exchange, socket, head }: UpgradeRequest): Promise<WebSocket> {
  const message = new IncomingMessage(socket)
  message.method = exchange.method
  for (const name in exchange.headers) message.headers[name] = exchange.headers[name]
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
  const contentType = answer.headers['content-type'] ?? ''
  if (contentType === 'application/json') return linesOf(stream)
  if (contentType.endsWith(';stream=watch')) return framesOf(stream)
  return protocol.startsWith('base64.') ? inBase64(stream) : stream
}

async function* inBase64(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const chunk of stream) yield Buffer.from(chunk).toString('base64')
}

/** Frames of a protobuf watch without their lengths (32 bits, big-endian): messages have ends. */
async function* framesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const end = 4 + (rest.length < 4 ? 0 : rest.readUInt32BE(0))
      if (rest.length < 4 || rest.length < end) break
      yield rest.subarray(4, end)
      rest = rest.subarray(end)
    }
  }
}

/** A client that has gone is seen by its state. */
function sent(client: WebSocket, part: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => client.send(part, () => resolve()))
}
