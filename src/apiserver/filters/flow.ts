// A request goes on when its priority level has a seat for it. Streams are let go once they run.

import type { Filter } from '../../lib/chain.ts'
import { type ChainRequest, userOf } from '../chain-request.ts'
import type { FlowControl } from '../flowcontrol/flow-control.ts'
import { type ObjectCounts, seatsOf } from '../flowcontrol/work-estimate.ts'
import type { ServerResponse } from '../request.ts'
import { isLongRunning } from './long-running.ts'

export interface FlowFilterOptions {
  readonly control: FlowControl
  readonly counts: ObjectCounts
  readonly nowMs: () => number
}

export function limitFlows({
  control,
  counts,
  nowMs,
}: FlowFilterOptions): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    const { info } = request
    // A watch counts while it is set up, other streams never.
    if (info.verb !== 'watch' && isLongRunning(info, request.query)) return next(request)
    const user = userOf(request)
    const flow = control.flowOf(user, info)
    if (!flow) return next(request)
    request.answerHeaders = flow.headers
    const seats = flow.level.settings.isExempt ? 1 : seatsOf(request, counts)
    const text = () => flow.schema.flowOf(user, info)
    const charge = control.tryStart(flow, seats)
      ? undefined
      : await control.wait(flow, seats, { text: text(), signal: request.signal })
    const startMs = nowMs()
    try {
      return await next(request)
    } finally {
      const ms = nowMs() - startMs
      charge?.(ms)
      control.finish(flow, seats, ms)
    }
  }
}
