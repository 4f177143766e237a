// Auditing: filters that watch a request on its way, and tell a sink, line by line, what the policy
// wants kept. Off, it is no filter at all.

import { randomUUID } from 'node:crypto'
import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import type { Clock } from '../../lib/clock.ts'
import { type ChainRequest, headerOf, type RequestHandler } from '../chain-request.ts'
import { isLongRunning, isStream } from '../filters/long-running.ts'
import type { PushBody, ServerAnswer, ServerResponse, Upgrade } from '../request.ts'
import { AuditRecord } from './audit-record.ts'
import { readBody } from './audited-object.ts'
import { type AuditPolicy, isAtLeast, type Level, type Stage } from './policy.ts'

export interface AuditSink {
  /** Resolves once the line is written, or as the sink's mode has it; false if it is lost. */
  write(line: string): Promise<boolean>
}

export interface AuditOptions {
  readonly policy: AuditPolicy
  readonly sink: AuditSink
  readonly clock: Clock
  /** A request whose arrival cannot be recorded is refused. */
  readonly isStrict: boolean
}

type ChainFilter = Filter<ChainRequest, ServerResponse>

export interface Audit {
  /** Before authentication: records those who are not let in. */
  readonly strangers: ChainFilter
  /** After authentication, before impersonation. */
  readonly requests: ChainFilter
  /** Around the server's own routes: what they are sent. */
  bodies(routes: RequestHandler): RequestHandler
  readonly counts: AuditCounts
}

export interface AuditCounts {
  readonly events: number
  readonly lost: number
  readonly refused: number
  readonly levels: ReadonlyMap<Level, number>
}

export function createAudit({ policy, sink, clock, isStrict }: AuditOptions): Audit {
  const counts = { events: 0, lost: 0, refused: 0, levels: new Map<Level, number>() }

  function begin(request: ChainRequest): AuditRecord | undefined {
    const audited = policy(request.user, request.info)
    counts.levels.set(audited.level, (counts.levels.get(audited.level) ?? 0) + 1)
    if (audited.level === 'None') return undefined
    request.auditId ??= headerOf(request, 'audit-id') || randomUUID()
    const record = new AuditRecord(request, audited, { id: request.auditId, at: clock.now() })
    request.audit = record
    return record
  }

  async function tell(record: AuditRecord, stage: Stage): Promise<boolean> {
    if (record.audited.omitStages.has(stage)) return true
    counts.events++
    const isKept = await sink.write(record.line(stage, clock.now()))
    if (!isKept) counts.lost++
    return isKept
  }

  async function finish(record: AuditRecord, stage: Stage): Promise<void> {
    await record.readBody(readBody)
    await tell(record, stage)
  }

  /** A stream is complete when its last byte is sent, anything else as soon as it is made. */
  async function settle(
    request: ChainRequest,
    record: AuditRecord,
    answer: ServerResponse,
  ): Promise<ServerResponse> {
    const complete = () => finish(record, 'ResponseComplete')
    if ('upgrade' in answer) record.upgraded()
    else record.answered(answer, readBody)
    const isStreamed = 'upgrade' in answer || Symbol.asyncIterator in answer.body
    if (!isStreamed || request.method === 'HEAD') {
      await complete()
      return answer
    }
    if (isLongRunning(request.info, request.query)) await tell(record, 'ResponseStarted')
    return 'upgrade' in answer ? closing(answer, complete) : ending(answer, complete)
  }

  return {
    counts,
    async strangers(request, next) {
      try {
        return await next(request)
      } catch (error) {
        const isStranger = request.user === undefined && error instanceof StatusError
        const record = isStranger ? begin(request) : undefined
        record?.failed(error)
        if (record) await tell(record, 'ResponseStarted')
        throw error
      }
    },
    async requests(request, next) {
      const record = begin(request)
      if (!record) return next(request)
      const isKept = await tell(record, 'RequestReceived')
      if (!isKept && isStrict) {
        counts.refused++
        throw new StatusError(
          'InternalError',
          'Internal error occurred: failed to store audit event',
        )
      }
      let answer: ServerResponse
      try {
        answer = await next(request)
      } catch (error) {
        record.failed(error)
        await finish(record, error instanceof StatusError ? 'ResponseComplete' : 'Panic')
        throw error
      }
      return settle(request, record, answer)
    },
    bodies: (routes) => (request) => {
      const { audit, info } = request
      if (audit && isAtLeast(audit.audited.level, 'Metadata') && takesObject(info))
        audit.takeBody(request)
      return routes(request)
    },
  }
}

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

function takesObject({ isResourceRequest, verb, subresource }: ChainRequest['info']): boolean {
  return isResourceRequest && writes.has(verb) && !isStream(subresource)
}

function closing({ upgrade }: Upgrade, complete: () => Promise<void>): Upgrade {
  return {
    upgrade(socket, head) {
      socket.once('close', () => void complete())
      upgrade(socket, head)
    },
  }
}

function ending(answer: ServerAnswer, complete: () => Promise<void>): ServerAnswer {
  const { body } = answer
  if (!(Symbol.asyncIterator in body)) return answer
  if (!('pushTo' in body)) return { ...answer, body: untilEnd(body, complete) }
  // A watch that is audited pushes as any other.
  const pushed: PushBody = {
    pushTo: (sink) => body.pushTo(sink).finally(complete),
    [Symbol.asyncIterator]: () => untilEnd(body, complete),
  }
  return { ...answer, body: pushed }
}

async function* untilEnd(body: AsyncIterable<Uint8Array>, complete: () => Promise<void>) {
  try {
    yield* body
  } finally {
    await complete()
  }
}
