// The transport to an API server over TLS: kept-alive connections for requests, and connections
// of their own for watches and other long answers, which would otherwise hold the others up.

import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, type AgentOptions, request } from 'node:https'
import type { ApiRequest, ApiResponse, Transport } from './transport.ts'

export interface HttpsTransportOptions {
  /** https://HOST:PORT, without a path. */
  readonly server: string
  /** PEM certificates that sign the server's. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
  /** Read again every minute, since bound tokens are renewed in place. */
  readonly tokenFile?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly userAgent?: string
  /** Connections for requests other than watches; default 32. */
  readonly maxSockets?: number
  /** Passed on to the TLS agents, e.g. servername. */
  readonly agentOptions?: AgentOptions
}

const tokenLifeMs = 60_000

export function httpsTransport(options: HttpsTransportOptions): Transport {
  const { origin } = new URL(options.server)
  const agentOptions: AgentOptions = {
    keepAlive: true,
    keepAliveMsecs: 30_000,
    scheduling: 'lifo',
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.cert !== undefined && { cert: options.cert }),
    ...(options.key !== undefined && { key: options.key }),
    ...(options.insecureSkipTlsVerify && { rejectUnauthorized: false }),
    ...options.agentOptions,
  }
  const shortAgent = new Agent({ ...agentOptions, maxSockets: options.maxSockets ?? 32 })
  const longAgent = new Agent({ ...agentOptions, maxFreeSockets: 4 })
  const bearer = bearerToken(options)

  const sendOnce = ({ method, path, headers, body, signal }: ApiRequest): Promise<ApiResponse> =>
    new Promise((resolve, reject) => {
      const token = bearer()
      const outgoing = request(`${origin}${path}`, {
        method,
        agent: isLong(path) ? longAgent : shortAgent,
        headers: {
          'user-agent': options.userAgent ?? 'sampan',
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
        ...(signal && { signal }),
      })
      outgoing.on('response', (incoming) => resolve(answerOf(incoming)))
      outgoing.on('error', (error) => reject(outgoing.reusedSocket ? staleSocket(error) : error))
      outgoing.end(body)
    })

  return {
    async send(request) {
      try {
        return await sendOnce(request)
      } catch (error) {
        // The server may close an idle connection just as it is used again: nothing was answered,
        // and a read may simply be asked again.
        if (!(error instanceof StaleSocket)) throw error
        if (request.method !== 'GET') throw error.cause
        return sendOnce(request)
      }
    },
    close() {
      shortAgent.destroy()
      longAgent.destroy()
    },
  }
}

class StaleSocket extends Error {}

function staleSocket(error: NodeJS.ErrnoException): Error {
  const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
  return isReset ? new StaleSocket('reused connection was closed', { cause: error }) : error
}

function isLong(path: string): boolean {
  return /[?&](watch|follow)=(true|1)/.test(path)
}

function answerOf(incoming: IncomingMessage): ApiResponse {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
  return { status: incoming.statusCode ?? 0, headers, body: incoming }
}

function bearerToken({ token, tokenFile }: HttpsTransportOptions): () => string | undefined {
  if (!tokenFile) return () => token
  let read: { atMs: number; token: string } | undefined
  return () => {
    const nowMs = Date.now()
    if (!read || nowMs - read.atMs > tokenLifeMs) {
      read = { atMs: nowMs, token: readFileSync(tokenFile, 'utf8').trim() }
    }
    return read.token
  }
}
