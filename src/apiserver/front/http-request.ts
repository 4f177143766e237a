// A request that came over a connection. Made once for each; what few handlers ask for (query,
// signal, body) is made when it is asked for.

import type { AuditRecord } from '../audit/audit-record.ts'
import type { ChainRequest } from '../chain-request.ts'
import type { RequestInfo, UserInfo } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import type { Exchange, OpenRequests } from './exchange.ts'

/** Upstream's limit of a request body. */
export const maxBodyBytes = 3 * 1024 * 1024
const noQuery = new URLSearchParams()

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
  answerHeaders: ChainRequest['answerHeaders'] = undefined
  readonly #exchange: Exchange
  readonly #open: OpenRequests
  #abort: AbortController | undefined
  #body: Promise<Uint8Array> | undefined

  constructor(exchange: Exchange, open: OpenRequests) {
    const split = exchange.url.indexOf('?')
    this.method = exchange.method
    this.path = split < 0 ? exchange.url : exchange.url.slice(0, split)
    this.query = split < 0 ? noQuery : new URLSearchParams(exchange.url.slice(split + 1))
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
    return this.#exchange.body.stream()
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      this.#open.add(this)
      this.#exchange.output.onClose(() => this.abort())
    }
    return this.#abort.signal
  }

  /** Ends what is under way for this request. */
  abort(): void {
    this.#open.delete(this)
    this.#abort?.abort()
  }

  body(): Promise<Uint8Array> {
    this.#body ??= this.#exchange.body.whole(maxBodyBytes)
    return this.#body
  }
}
