// A request on its way through the API server's chain, and the two forms of an answer.
// Made by the HTTP front or by the in-process transport; the chain fills in user and info.

import type { Duplex } from 'node:stream'
import type { FieldTerm } from '../api/selector/field.ts'
import type { AuditRecord } from './audit/audit-record.ts'

export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'proxy'
  | 'connect'
  | 'options'
  | 'head'
  | 'post'
  | 'put'

/** What the path names, in apiserver's own terms (RequestInfo). */
export interface RequestInfo {
  /** False for /healthz, /apis, /openapi and the like; then only verb and path count. */
  readonly isResourceRequest: boolean
  readonly verb: Verb
  readonly path: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Path segments after the subresource, for proxy requests. */
  readonly rest: readonly string[]
  /** Of a list, a watch or the deletion of a collection, where it can be understood. */
  readonly fieldSelector?: readonly FieldTerm[]
}

export interface ServerRequest {
  readonly method: string
  /** Path as sent, without the query, percent-decoding not yet done. */
  readonly path: string
  readonly query: URLSearchParams
  /** Path and query as sent. */
  readonly uri: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The whole body, at most 3 MiB (RequestEntityTooLarge beyond). */
  body(): Promise<Uint8Array>
  /** The body as it arrives, for proxied requests. */
  readonly bodyStream: AsyncIterable<Uint8Array>
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal
  readonly remoteAddress: string
  /** The client certificate's subject, verified against the CA; absent without one. */
  readonly certificateUser: UserInfo | undefined
  /** A front proxy asks, whose X-Remote-* headers say for whom. */
  readonly isFromProxy?: boolean
  /** Set by authenticate; in-process requests arrive with it. */
  readonly user: UserInfo | undefined
  readonly info: RequestInfo
  /** Answered as Warning headers, in order, without repeats. */
  readonly warnings: string[]
  /** Where it is audited: takes notes on the way. */
  readonly audit?: AuditRecord | undefined
  /** Answered as Audit-Id, and passed on to other servers; absent: not yet settled. */
  readonly auditId?: string | undefined
}

export interface ServerAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The one header that cannot be joined into one line; proxied answers have it. */
  readonly setCookies?: readonly string[]
  /** Complete (one buffer or several, or larger than that), or a stream sent as it comes. */
  readonly body:
    | Uint8Array
    | readonly Uint8Array[]
    | LargeBody
    | PushBody
    | AsyncIterable<Uint8Array>
}

/** A body that is made by and by, in buffers of whoever sends it. */
export interface LargeBody {
  readonly byteLength: number
  /** Fills `into` as far as there is anything left; returns the bytes written, 0 at the end. */
  read(into: Buffer): number
}

/** A stream that writes by itself whenever something happens: a watch. */
export interface PushBody extends AsyncIterable<Uint8Array> {
  /** Resolves when it has ended, or the sink has gone. */
  pushTo(sink: PushSink): Promise<void>
}

/** A client's end of a pushed stream. */
export interface PushSink {
  /** False: the client is behind, and more should wait until it has drained. */
  writeFrame(frame: Frame): boolean
  /** Resolves when the client has taken what was written, or has gone. */
  drained(): Promise<void>
  end(): void
  readonly isGone: boolean
  /** Called once: the client has gone, or the stream has ended. */
  onClose(callback: () => void): void
}

/** Bytes, and the same within the frame of an HTTP/1.1 chunk: made once for many. */
export interface Frame {
  readonly body: Buffer
  readonly chunk: Buffer
  /** How many events it holds. */
  readonly events: number
}

/** The connection itself is handed over: exec, attach, port-forward, proxied upgrades. */
export interface Upgrade {
  /** Writes the 101 answer itself; `head` holds bytes that came after the request. */
  readonly upgrade: (socket: Duplex, head: Uint8Array) => void
}

export type ServerResponse = ServerAnswer | Upgrade
