// DNS over UDP and TCP at one address. In: a handler of queries. Out: answers in their framing.

import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Handler } from '../lib/chain.ts'
import {
  type DnsAnswer,
  type DnsQuery,
  encodeAnswer,
  rcode,
  readQuery,
} from '../wire/dns/messages.ts'

export interface DnsServerOptions {
  readonly address: string
  readonly port: number
  readonly handle: Handler<DnsQuery, DnsAnswer>
  readonly onAnswer?: (protocol: DnsProtocol, query: DnsQuery, answer: Uint8Array) => void
}

export type DnsProtocol = 'udp' | 'tcp'

export interface DnsServer {
  /** The port, where 0 was asked for. */
  readonly port: number
  close(): void
}

const longestMessage = 65_535
const tcpIdleMs = 10_000
const mostConnections = 1000
/** Queries under way on one connection; it is not read from while there are more. */
const mostPipelined = 64

export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { address, handle, onAnswer } = options

  /** Undefined: nothing is to be said. */
  async function answer(
    message: Uint8Array,
    protocol: DnsProtocol,
  ): Promise<Uint8Array | undefined> {
    const read = readQuery(message)
    if ('refusal' in read) return read.refusal
    const { query } = read
    const limit = protocol === 'udp' ? query.udpLimit : longestMessage
    const encoded = encodeAnswer(query, await handled(query), limit)
    onAnswer?.(protocol, query, encoded)
    return encoded
  }

  async function handled(query: DnsQuery): Promise<DnsAnswer> {
    try {
      return await handle(query)
    } catch {
      const code = rcode.serverFailure
      return { rcode: code, isAuthoritative: false, answers: [], authority: [], additional: [] }
    }
  }

  const udp = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  udp.on('message', async (message: Uint8Array, peer: RemoteInfo) => {
    const encoded = await answer(message, 'udp')
    // One who has gone meanwhile is not an error of the server's.
    if (encoded) udp.send(encoded, peer.port, peer.address, () => {})
  })
  udp.bind(options.port, address)
  await once(udp, 'listening')
  udp.on('error', () => {})

  const { port } = udp.address()
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    if (sockets.size >= mostConnections) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serveConnection(socket, (message) => answer(message, 'tcp'))
  })
  tcp.listen(port, address)
  await once(tcp, 'listening')

  return {
    port,
    close() {
      udp.close()
      tcp.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Over TCP a message is preceded by its length in two bytes, RFC 1035 section 4.2.2. */
function serveConnection(
  socket: Socket,
  answer: (message: Uint8Array) => Promise<Uint8Array | undefined>,
): void {
  let received: Buffer = Buffer.alloc(0)
  let underWay = 0
  socket.setTimeout(tcpIdleMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0)
      void respond(received.subarray(2, end))
      received = received.subarray(end)
    }
  })

  async function respond(message: Uint8Array): Promise<void> {
    if (++underWay >= mostPipelined) socket.pause()
    const encoded = await answer(message)
    if (--underWay < mostPipelined) socket.resume()
    if (!encoded || socket.destroyed) return
    const length = Buffer.alloc(2)
    length.writeUInt16BE(encoded.length)
    socket.write(Buffer.concat([length, encoded]))
  }
}
