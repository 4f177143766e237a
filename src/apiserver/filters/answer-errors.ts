// The one catch of a request: a StatusError is its own answer, anything else is logged and answered
// as InternalError. Every answer gets an audit id and is kept out of shared caches.

import { randomUUID } from 'node:crypto'
import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import type { Log } from '../../lib/log.ts'
import { statusAnswer } from '../answer.ts'
import { type ChainRequest, headerOf } from '../chain-request.ts'
import { wantsPretty } from '../registry/negotiate.ts'
import type { ServerAnswer, ServerResponse } from '../request.ts'

export function answerErrors(log: Log): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    try {
      const answer = await next(request)
      return 'upgrade' in answer ? answer : withHeaders(answer, request)
    } catch (error) {
      return withHeaders(
        statusAnswer(asStatusError(error, request, log), wantsPretty(request)),
        request,
      )
    }
  }
}

function asStatusError(error: unknown, request: ChainRequest, log: Log): StatusError {
  if (error instanceof StatusError) return error
  if (request.signal.aborted) return new StatusError('Timeout', 'the client went away')
  log.error('request failed', { method: request.method, path: request.path, error })
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError('InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  })
}

function withHeaders(answer: ServerAnswer, request: ChainRequest): ServerAnswer {
  return {
    ...answer,
    headers: {
      'audit-id': request.auditId ?? headerOf(request, 'audit-id') ?? randomUUID(),
      'cache-control': 'no-cache, private',
      ...request.answerHeaders,
      ...answer.headers,
    },
  }
}
