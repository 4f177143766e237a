// How parts in the same process ask: the same chain, no sockets, the user given. The objects have
// the shape of a client's transport, so a client cannot tell it from one over TLS.

import { StatusError } from '../api/status-error.ts'
import { statusAnswer } from './answer.ts'
import { streamOf } from './body.ts'
import type { ChainHandler, ChainRequest } from './chain-request.ts'
import type { ServerAnswer, UserInfo } from './request.ts'
import { parseRequestInfo } from './request-info.ts'
import { shownWarnings } from './shown-warnings.ts'

export interface InProcessRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly signal?: AbortSignal
}

export interface InProcessResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: AsyncIterable<Uint8Array>
}

export interface InProcessTransport {
  send(request: InProcessRequest): Promise<InProcessResponse>
  close(): void
}

/** `userAgent`: the program that asks, which the fields it writes belong to. */
export function inProcess(
  handler: ChainHandler,
  user: UserInfo,
  userAgent?: string,
): InProcessTransport {
  const own = userAgent ? { 'user-agent': userAgent } : {}
  return {
    async send(asked) {
      const request = chainRequest({ ...asked, headers: { ...own, ...asked.headers } }, user)
      if (request instanceof StatusError) return delivered(statusAnswer(request), [])
      const answer = await handler(request)
      if ('upgrade' in answer)
        return delivered(statusAnswer(new StatusError('BadRequest', 'Upgrade needs a socket')), [])
      return delivered(answer, request.warnings)
    },
    close() {},
  }
}

/** A request made here; for the registry too, where a part of the API server itself reads objects. */
export function requestOf(asked: InProcessRequest, user: UserInfo): ChainRequest {
  const split = asked.path.indexOf('?')
  const path = split < 0 ? asked.path : asked.path.slice(0, split)
  const query = new URLSearchParams(split < 0 ? '' : asked.path.slice(split + 1))
  const bytes = bytesOf(asked.body)
  return {
    method: asked.method,
    path,
    query,
    uri: asked.path,
    headers: lowerCased(asked.headers),
    body: () => Promise.resolve(bytes),
    get bodyStream() {
      return streamOf(bytes)
    },
    signal: asked.signal ?? new AbortController().signal,
    remoteAddress: '127.0.0.1',
    certificateUser: undefined,
    user,
    info: parseRequestInfo(asked.method, path, query),
    warnings: [],
  }
}

function chainRequest(asked: InProcessRequest, user: UserInfo): ChainRequest | StatusError {
  try {
    return requestOf(asked, user)
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

function delivered(answer: ServerAnswer, warnings: readonly string[]): InProcessResponse {
  const warning = shownWarnings(warnings)
    .map((text) => `299 - ${JSON.stringify(text)}`)
    .join(', ')
  return {
    status: answer.status,
    headers: warning ? { ...answer.headers, warning } : answer.headers,
    body: streamOf(answer.body),
  }
}

const encoder = new TextEncoder()

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : (body ?? new Uint8Array())
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, v]) => [name.toLowerCase(), v]))
}
