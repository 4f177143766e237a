// Connections to what a request is passed on to: a kubelet, a Pod, an endpoint of a Service.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { ServerRequest, Upgrade } from '../request.ts'
import { pipeFrames } from './frame-by-frame.ts'
import { type ForwardedHeaders, forwardedHeaders } from './headers.ts'
import { timedOut } from './network-text.ts'

export interface TlsIdentity {
  readonly cert: string
  readonly key: string
  /** Without it the other side is not verified, as upstream does by default. */
  readonly ca?: string
}

export interface Backend {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** What to show a kubelet; Pods and Services are shown nothing. */
  readonly identity?: TlsIdentity
  /** Whose certificate it must be; absent: the host's. */
  readonly serverName?: string
  /** Absent: when the identity has a CA. Without a CA those count that this machine trusts. */
  readonly isVerified?: boolean
  /** What is said besides the client's own headers. */
  readonly headers?: ForwardedHeaders
}

export interface Dialer {
  /** One HTTP request; rejects when the backend cannot be reached. */
  send(backend: Backend, path: string, request: ServerRequest): Promise<IncomingMessage>
  /** Hands the client's connection over to the backend, every byte of both directions. */
  upgrade(backend: Backend, path: string, request: ServerRequest): Promise<Upgrade>
  close(): void
}

const connectTimeoutMs = 10_000
const idleSocketsPerBackend = 8

export function createDialer(): Dialer {
  const keep = { keepAlive: true, maxFreeSockets: idleSocketsPerBackend }
  const http = new HttpAgent(keep)
  const https = new HttpsAgent(keep)
  return {
    send(backend, path, request) {
      const { scheme, host, port } = backend
      const options = { host, port, path, method: request.method, signal: request.signal }
      const headers = { ...headersFor(backend, request), ...framing(request) }
      return new Promise((resolve, reject) => {
        const outgoing =
          scheme === 'https'
            ? httpsRequest({ ...options, headers, agent: https, ...tlsOptions(backend) })
            : httpRequest({ ...options, headers, agent: http })
        outgoing.on('response', resolve)
        outgoing.on('error', reject)
        outgoing.on('socket', limitConnecting)
        Readable.from(request.bodyStream)
          .on('error', (error) => void outgoing.destroy(error))
          .pipe(outgoing)
      })
    },
    async upgrade(backend, path, request) {
      const socket = await dial(backend)
      return {
        upgrade(client, head) {
          socket.write(headText(backend, path, request))
          join(client, head, socket)
          if (isWebSocket(request)) void pipeFrames(socket, client)
          else socket.pipe(client)
        },
      }
    },
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

function tlsOptions({ identity, host, serverName = host, isVerified }: Backend) {
  return {
    ...(identity?.cert && { cert: identity.cert, key: identity.key }),
    ...(identity?.ca && { ca: identity.ca }),
    rejectUnauthorized: isVerified ?? identity?.ca !== undefined,
    // A name for SNI must not be an address.
    ...(/[a-z]/i.test(serverName) && !serverName.includes(':') && { servername: serverName }),
  }
}

function headersFor(backend: Backend, request: ServerRequest): ForwardedHeaders {
  return { ...forwardedHeaders(request), ...backend.headers, host: authority(backend) }
}

/** A body of a length nobody said; Node sends one with DELETE unframed. */
function framing({ method, headers }: ServerRequest): ForwardedHeaders {
  const isBare = method === 'GET' || method === 'HEAD' || headers['content-length'] !== undefined
  return isBare ? {} : { 'transfer-encoding': 'chunked' }
}

/** Connections that are kept are idle for long; one that is being made is not waited for so long. */
function limitConnecting(socket: Socket): void {
  if (!socket.connecting) return
  const timer = setTimeout(() => socket.destroy(new Error(timedOut)), connectTimeoutMs)
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}

function dial(backend: Backend): Promise<Duplex> {
  const { scheme, host, port } = backend
  return new Promise((resolve, reject) => {
    const socket =
      scheme === 'https'
        ? connectTls({ host, port, ...tlsOptions(backend) }, () => settle())
        : connectTcp({ host, port }, () => settle())
    const settle = () => {
      socket.setTimeout(0)
      socket.setNoDelay(true)
      resolve(socket)
    }
    socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error(timedOut)))
    socket.once('error', reject)
  })
}

function authority({ host, port }: Backend): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The request as the backend gets it, hop-by-hop headers of the upgrade included. */
function headText(backend: Backend, path: string, request: ServerRequest): string {
  const { upgrade = '' } = request.headers
  const fields = headersFor(backend, request)
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`),
  )
  const head = [
    `${request.method} ${path} HTTP/1.1`,
    ...lines,
    'connection: Upgrade',
    `upgrade: ${upgrade}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n`
}

function isWebSocket({ headers }: ServerRequest): boolean {
  return String(headers['upgrade']).toLowerCase() === 'websocket'
}

/** What the client sends goes to the backend, and both end together. */
function join(client: Duplex, head: Uint8Array, backend: Duplex): void {
  const end = () => {
    client.destroy()
    backend.destroy()
  }
  for (const side of [client, backend]) side.on('error', end).on('close', end)
  if (head.length > 0) backend.write(head)
  client.pipe(backend)
}
