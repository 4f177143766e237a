// The audit seam: each request is told to a sink when it is answered, with who asked and what came
// of it. The sink decides by its policy what is kept.

import type { Filter } from '../../lib/chain.ts'
import type { ChainRequest } from '../chain-request.ts'
import type { ServerResponse } from '../request.ts'

export interface AuditSink {
  /** `status` is undefined where the connection was handed over. */
  record(request: ChainRequest, status: number | undefined): void
}

export function audit(sink: AuditSink | undefined): Filter<ChainRequest, ServerResponse> {
  if (!sink) return (request, next) => next(request)
  return async (request, next) => {
    const answer = await next(request)
    sink.record(request, 'upgrade' in answer ? undefined : answer.status)
    return answer
  }
}
