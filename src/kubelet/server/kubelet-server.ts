// The HTTPS server of one kubelet: plain requests and streams, for those whom its guard lets in.

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Log } from '../../lib/log.ts'
import type { Kubelet } from '../kubelet.ts'
import { createGuard, type Guard } from './authorize.ts'
import { HttpError } from './http-error.ts'
import { createReviews, type Post } from './reviews.ts'
import { answer } from './routes.ts'
import { serveUpgrade } from './upgrades.ts'

export interface KubeletServerOptions {
  readonly kubelet: Kubelet
  readonly listen: { readonly host: string; readonly port: number }
  /** PEM. */
  readonly cert: string
  readonly key: string
  readonly clientCa: string
  /** Asks the API server who strangers are and what they may. */
  readonly review: Post
  readonly log: Log
  readonly signal: AbortSignal
}

export interface KubeletServer {
  readonly port: number
  /** Resolves after the signal has aborted and every connection is closed. */
  readonly ended: Promise<void>
}

/** Resolves when it listens. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { kubelet, listen, cert, key, clientCa, review, log, signal } = options
  const guard = createGuard(kubelet.node, createReviews(review, kubelet.context.clock))
  const guarded = { kubelet, guard }
  const server = createServer(
    { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false },
    (request, response) => void serve(guarded, request, response),
  )
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    socket.on('error', () => socket.destroy())
    serveStream(guarded, { request, socket, head }).catch((error: unknown) => {
      log.warn('a stream ended badly', { error })
      socket.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(listen.port, listen.host, resolve)
  })
  const ended = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      server.close(() => resolve())
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
    })
  })
  return { port: portOf(server), ended }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

interface Guarded {
  readonly kubelet: Kubelet
  readonly guard: Guard
}

async function serve(
  { kubelet, guard }: Guarded,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    await guard(request)
    const url = new URL(request.url ?? '/', 'http://kubelet')
    const { type, body } = await answer(kubelet, url.pathname, {
      method: request.method ?? 'GET',
      query: url.searchParams,
      signal: gone.signal,
    })
    response.writeHead(200, { 'content-type': type })
    if (typeof body === 'string') {
      response.end(body)
      return
    }
    response.flushHeaders()
    for await (const chunk of body) if (!response.write(chunk)) await drained(response, gone.signal)
    response.end()
  } catch (error) {
    const { status, message } = asHttpError(error)
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain' })
    response.end(message)
  }
}

async function serveStream(
  { kubelet, guard }: Guarded,
  upgrade: Parameters<typeof serveUpgrade>[1],
): Promise<void> {
  const { request, socket } = upgrade
  try {
    await guard(request)
    await serveUpgrade(kubelet, upgrade)
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const { status, message } = error
    socket.end(
      [
        `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Error'}`,
        'Content-Type: text/plain',
        `Content-Length: ${Buffer.byteLength(message)}`,
        'Connection: close',
        '',
        message,
      ].join('\r\n'),
    )
  }
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  return new HttpError(500, error instanceof Error ? error.message : String(error))
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<unknown> {
  return once(response, 'drain', { signal }).catch(() => {})
}
