// A request that came over a connection. Made once for each; what few handlers ask for (query,
// signal, body) is made when it is asked for.

import type { Readable } from 'node:stream'
import { StatusError } from '../../api/status-error.ts'
import type { AuditRecord } from '../audit/audit-record.ts'
import type { ChainRequest } from '../chain-request.ts'
import type { RequestInfo, UserInfo } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import type { Exchange, OpenRequests } from './exchange.ts'

/** Upstream's limit of a request body. */
export const maxBodyBytes = 3 * 1024 * 1024
/** Upstream's time for a request that is no stream. */
const bodyTimeoutMs = 60_000

export class HttpRequest implements ChainRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Exchange['headers']
  readonly remoteAddress: string
  readonly certificateUser: UserInfo | undefined
  readonly isFromProxy: boolean
  readonly info: RequestInfo
  readonly warnings: string[] = []
  user: UserInfo | undefined = undefined
  audit: AuditRecord | undefined = undefined
  auditId: string | undefined = undefined
  readonly #exchange: Exchange
  readonly #open: OpenRequests
  #abort: AbortController | undefined
  #body: Promise<Uint8Array> | undefined

  constructor(exchange: Exchange, open: OpenRequests) {
    const split = exchange.url.indexOf('?')
    this.method = exchange.method
    this.path = split < 0 ? exchange.url : exchange.url.slice(0, split)
    this.query = new URLSearchParams(split < 0 ? '' : exchange.url.slice(split + 1))
    this.headers = exchange.headers
    this.remoteAddress = exchange.peer.address
    this.certificateUser = exchange.peer.certificateUser
    this.isFromProxy = exchange.peer.isFrontProxy === true
    this.info = parseRequestInfo(this.method, this.path, this.query)
    this.#exchange = exchange
    this.#open = open
  }

  get uri(): string {
    return this.#exchange.url
  }

  get bodyStream(): AsyncIterable<Uint8Array> {
    return this.#exchange.input
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      this.#open.add(this)
      this.#exchange.output.once('close', () => this.abort())
      if (this.#exchange.output.destroyed) this.abort()
    }
    return this.#abort.signal
  }

  /** Ends what is under way for this request. */
  abort(): void {
    this.#open.delete(this)
    this.#abort?.abort()
  }

  body(): Promise<Uint8Array> {
    this.#body ??= this.#readBody()
    return this.#body
  }

  async #readBody(): Promise<Uint8Array> {
    if (Number(this.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
    const { input } = this.#exchange
    const timer = setTimeout(() => input.destroy(tooSlow()), bodyTimeoutMs)
    try {
      return await wholeBody(input)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function wholeBody(input: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // A body that is left unread must not take the connection with it: it still carries the answer.
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

function tooSlow(): StatusError {
  return new StatusError('Timeout', 'Timeout: request body did not arrive within the time allotted')
}

function tooLarge(): StatusError {
  return new StatusError(
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${maxBodyBytes}`,
  )
}
