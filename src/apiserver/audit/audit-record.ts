// What is known so far of one request that is audited; its events are made from it.

import { isDraft } from '../../api/draft.ts'
import { StatusError } from '../../api/status-error.ts'
import { type ChainRequest, headerOf, headersOf } from '../chain-request.ts'
import type { ServerAnswer, ServerRequest, UserInfo } from '../request.ts'
import {
  type AuditEvent,
  eventLine,
  objectRefOf,
  type ResponseStatus,
  statusOfError,
} from './audit-event.ts'
import { type BodyReader, jsonTextOf } from './audited-object.ts'
import { type Audited, isAtLeast, type Stage } from './policy.ts'

const mostAgentLength = 1024
/** An event with more than this keeps its facts and loses its objects. */
const mostObjectBytes = 10 << 20
const truncated = 'audit.k8s.io/truncated'

export class AuditRecord {
  readonly audited: Audited
  readonly id: string
  readonly #request: ChainRequest
  readonly #user: UserInfo | undefined
  readonly #receivedAt: Date
  readonly #annotations = new Map<string, string>()
  #status: ResponseStatus | undefined
  #sent: { readonly body: Promise<Uint8Array>; readonly type: string } | undefined
  #requestObject: unknown
  #responseObject: string | undefined

  constructor(request: ChainRequest, audited: Audited, { id, at }: { id: string; at: Date }) {
    this.audited = audited
    this.id = id
    this.#request = request
    this.#user = request.user
    this.#receivedAt = at
  }

  /** The first value of a key stays. */
  annotate(key: string, value: string): void {
    if (!this.#annotations.has(key)) this.#annotations.set(key, value)
  }

  /** The handler is about to read the body. */
  takeBody(request: ServerRequest): void {
    const body = request.body()
    body.catch(() => {})
    this.#sent = { body, type: headerOf(request, 'content-type') ?? '' }
  }

  /** Once the handler has answered or failed: what was sent to it. */
  async readBody(read: BodyReader): Promise<void> {
    const bytes = await this.#sent?.body.catch(() => undefined)
    if (bytes?.length) this.#requestObject = read(bytes, this.#sent?.type ?? '')
  }

  answered({ status, headers, body }: ServerAnswer, read: BodyReader): void {
    const type = headers['content-type'] ?? ''
    const isObject = this.#request.info.isResourceRequest && status !== 304
    const bytes = isObject ? wholeOf(body) : undefined
    const keepsObject = isAtLeast(this.audited.level, 'RequestResponse')
    if (keepsObject && 'read' in body) this.annotate(truncated, 'true')
    if (keepsObject && bytes?.length) this.#responseObject = this.#textOf(bytes, type, read)
    const said = bytes && bytes.length < 4096 ? statusIn(read(bytes, type)) : {}
    this.#status = { ...said, code: status }
  }

  upgraded(): void {
    this.#status = { code: 101 }
  }

  failed(error: unknown): void {
    if (error instanceof StatusError) {
      this.#status = statusOfError(error)
      if (isAtLeast(this.audited.level, 'RequestResponse'))
        this.#responseObject = JSON.stringify(error.toStatus())
      return
    }
    const message = `APIServer panic'd: ${error instanceof Error ? error.message : error}`
    this.#status = { status: 'Failure', message, reason: 'InternalError', code: 500 }
  }

  line(stage: Stage, at: Date): string {
    const { info, user } = this.#request
    const { level } = this.audited
    const isFirst = stage === 'RequestReceived'
    const requestObject =
      isAtLeast(level, 'Request') && this.#requestObject !== undefined
        ? this.#limited(jsonTextOf(this.#requestObject, this.audited))
        : undefined
    const event: AuditEvent = {
      level,
      auditId: this.id,
      stage,
      requestUri: this.#request.uri,
      verb: info.verb,
      user: this.#user,
      impersonatedUser: user !== this.#user ? user : undefined,
      sourceIps: sourceIpsOf(this.#request),
      userAgent: userAgentOf(this.#request),
      objectRef: this.#objectRef(),
      responseStatus: isFirst ? undefined : this.#status,
      requestObject,
      responseObject: this.#responseObject,
      receivedAt: this.#receivedAt,
      stageAt: isFirst ? this.#receivedAt : at,
      annotations: this.#annotations,
    }
    return eventLine(event)
  }

  /** Text of an answer that is JSON already goes in as it is. */
  #textOf(bytes: Uint8Array, type: string, read: BodyReader): string | undefined {
    const isPlain = type.startsWith('application/json') && !this.audited.omitManagedFields
    const text = isPlain ? Buffer.from(bytes).toString().trim() : undefined
    if (text !== undefined && !text.includes('\n')) return this.#limited(text)
    const value = read(bytes, type)
    return value === undefined ? undefined : this.#limited(jsonTextOf(value, this.audited))
  }

  #limited(text: string): string | undefined {
    if (text.length <= mostObjectBytes) return text
    this.annotate(truncated, 'true')
    return undefined
  }

  #objectRef() {
    const ref = objectRefOf(this.#request.info)
    const { info } = this.#request
    const isObject = ref && isDraft(this.#requestObject) && info.verb !== 'patch'
    const metadata = isObject ? fieldsOf(this.#requestObject)['metadata'] : undefined
    if (!ref || !isDraft(metadata)) return ref
    const { name, namespace, uid, resourceVersion } = metadata
    return {
      ...ref,
      name: ref.name || textOf(name),
      namespace: ref.namespace || textOf(namespace),
      uid: textOf(uid),
      resourceVersion: textOf(resourceVersion),
    }
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isDraft(value) ? value : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The parts of an answered Status that say more than its code. */
function statusIn(value: unknown): Omit<ResponseStatus, 'code'> {
  const { kind, status, message, reason, details } = fieldsOf(value)
  if (kind !== 'Status') return {}
  return {
    ...(typeof status === 'string' && { status }),
    ...(typeof message === 'string' && { message }),
    ...(typeof reason === 'string' && { reason }),
    ...(isDraft(details) && { details }),
  }
}

/** What proxies said of where they had it from, then who is connected; only that can be trusted. */
function sourceIpsOf(request: ChainRequest): readonly string[] {
  const hops = headersOf(request, 'x-forwarded-for')
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter(Boolean)
  const real = headerOf(request, 'x-real-ip')
  const before = real && !hops.includes(real) ? [...hops, real] : hops
  const { remoteAddress } = request
  return !remoteAddress || before.at(-1) === remoteAddress ? before : [...before, remoteAddress]
}

function userAgentOf(request: ChainRequest): string {
  const agent = headerOf(request, 'user-agent') ?? ''
  return agent.length > mostAgentLength ? `${agent.slice(0, mostAgentLength)}...TRUNCATED` : agent
}

/** Undefined for streams, and for lists larger than an event may be: they can be read only once. */
function wholeOf(body: ServerAnswer['body']): Uint8Array | undefined {
  if (Symbol.asyncIterator in body || 'read' in body) return undefined
  return body instanceof Uint8Array ? body : Buffer.concat(body)
}
