// One HTTP request at a time over sockets from somewhere else: the cluster has no way out of its
// own, so whoever has one dials.

import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A connected socket; the host may be a name. */
export type Dial = (host: string, port: number) => Promise<Socket>

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
}

/** The request never got an answer. The message is what Go's client, and so containerd, says. */
export class RequestFailed extends Error {}

const silenceMs = 60_000

export async function sendRequest(dial: Dial, wanted: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(wanted.url)
  try {
    const socket = await open(dial, url)
    return await exchange(socket, url, wanted)
  } catch (error) {
    const method = wanted.method === 'HEAD' ? 'Head' : 'Get'
    throw new RequestFailed(
      `failed to do request: ${method} "${wanted.url}": ${explain(error, url)}`,
    )
  }
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}

async function open(dial: Dial, url: URL): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = await dial(host, portOf(url))
  if (url.protocol === 'http:') return socket
  return new Promise((resolve, reject) => {
    const isAddress = /^[\d.]+$|:/.test(host)
    const secure = connectTls({ socket, ...(isAddress ? {} : { servername: host }) })
    secure.once('secureConnect', () => resolve(secure))
    secure.once('error', reject)
  })
}

function exchange(socket: Socket, url: URL, wanted: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        method: wanted.method,
        host: url.hostname,
        port: portOf(url),
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, 'user-agent': 'sampan', ...wanted.headers },
        createConnection: () => socket,
        agent: false,
      },
      (body) =>
        resolve({
          status: body.statusCode ?? 0,
          statusText: body.statusMessage ?? '',
          headers: body.headers,
          body,
        }),
    )
    sent.setTimeout(silenceMs, () => sent.destroy(new Error('timeout awaiting response')))
    sent.once('error', reject)
    sent.end()
  })
}

function explain(error: unknown, url: URL): string {
  const { code, message, address }: NodeJS.ErrnoException & { readonly address?: string } =
    error instanceof Error ? error : new Error(String(error))
  const to = `dial tcp ${address ?? url.hostname}:${portOf(url)}`
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${url.hostname}: no such host`
    case 'ECONNREFUSED':
      return `${to}: connect: connection refused`
    case 'ETIMEDOUT':
      return `${to}: i/o timeout`
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `${to}: connect: no route to host`
    default:
      return message
  }
}
