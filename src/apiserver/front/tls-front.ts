// The outermost layer: connections of any number of listening servers, TLS, and by ALPN the framing.
// In: a chain. Out: a front that answers until it is closed. Framings can be replaced one by one.

import { type AddressInfo, createServer, Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { ChainHandler } from '../chain-request.ts'
import type { OpenRequests, Peer } from './exchange.ts'
import { http1Framing } from './http1.ts'
import { createPeerReader } from './peer.ts'

export interface Framing {
  accept(socket: TLSSocket, peer: Peer): void
  /** Ends the connection that has been without a request for longest; false where all have one. */
  shed(): boolean
  /** No more requests; those under way end. */
  close(): void
}

export interface TlsFiles {
  /** PEM: the server's certificate chain and key, and the CA of client certificates. */
  readonly cert: string
  readonly key: string
  readonly clientCa: string
  readonly frontProxy?: FrontProxyTrust
}

/** Proxies in front of this server, who say in headers whom they ask for. */
export interface FrontProxyTrust {
  /** PEM of the CA of their client certificates, which is not that of users. */
  readonly ca: string
  /** Common names of the certificates; none: any. */
  readonly allowedNames: readonly string[]
}

/** A server that listens already (a porter's), or where to listen. */
export type Listen = Server | { readonly address: string; readonly port: number }

export interface Front {
  readonly addresses: readonly AddressInfo[]
  listen(on: Listen): Promise<void>
  close(): Promise<void>
}

const handshakeTimeoutMs = 10_000
/** A watcher whose machine vanished is found out. */
const keepAliveMs = 30_000
/** Beyond them whoever waits longest without a request makes room: 10,000 idle ones are served. */
const defaultMostConnections = 12_000
/** What is under way at the end may finish within this time. */
const graceMs = 1_000

export interface FrontLimits {
  readonly mostConnections?: number
}

export function openFront(
  handler: ChainHandler,
  tls: TlsFiles,
  { mostConnections = defaultMostConnections }: FrontLimits = {},
): Front {
  const open: OpenRequests = new Set()
  const sockets = new Set<Socket>()
  const servers = new Set<Server>()
  const http1 = http1Framing(handler, open)
  // Loaded with the first client that speaks it: node:http2 is a tenth of a start.
  let http2: Promise<Framing> | undefined
  const accept = (socket: TLSSocket, peer: Peer) => {
    if (socket.alpnProtocol !== 'h2') return http1.accept(socket, peer)
    socket.pause()
    http2 ??= import('./http2.ts').then(({ http2Framing }) => http2Framing(handler, open))
    void http2.then((framing) => framing.accept(socket, peer)).catch(() => void socket.destroy())
  }
  const peerOf = createPeerReader(tls)
  const tlsServer = createTlsServer({
    cert: tls.cert,
    key: tls.key,
    ca: [tls.clientCa, ...(tls.frontProxy ? [tls.frontProxy.ca] : [])],
    requestCert: true,
    // A certificate that does not verify counts as none.
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1', 'http/1.0'],
    handshakeTimeout: handshakeTimeoutMs,
    minVersion: 'TLSv1.2',
  })
  tlsServer.on('secureConnection', (socket) => {
    const peer = peerOf(socket)
    accept(socket, peer)
  })
  tlsServer.on('tlsClientError', (_error, socket) => socket.destroy())
  const take = (socket: Socket) => {
    if (sockets.size >= mostConnections && !http1.shed()) return void socket.destroy()
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveMs)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    tlsServer.emit('connection', socket)
  }
  return {
    get addresses() {
      return [...servers].map((server) => server.address()).filter(isAddress)
    },
    async listen(on) {
      const server = on instanceof Server ? on : await listening(on)
      servers.add(server)
      server.on('connection', take)
    },
    async close() {
      for (const server of servers) server.close()
      for (const request of open) request.abort()
      http1.close()
      await http2?.then((framing) => framing.close())
      if (sockets.size > 0) await Promise.race([allClosed(sockets), delay(graceMs)])
      for (const socket of sockets) socket.destroy()
    },
  }
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function listening({ address, port }: { address: string; port: number }): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}

async function allClosed(sockets: ReadonlySet<Socket>): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise((done) => socket.once('close', done))))
}
