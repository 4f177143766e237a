// How many requests may be under way at once: reads and writes counted apart; more are told to wait.

import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import { type ChainRequest, userOf } from '../chain-request.ts'
import type { RequestInfo, ServerResponse } from '../request.ts'

export interface InFlightLimits {
  readonly reads: number
  readonly writes: number
}

/** Upstream's defaults. */
export const defaultLimits: InFlightLimits = { reads: 400, writes: 200 }

export const unlimited: InFlightLimits = { reads: Infinity, writes: Infinity }

const readVerbs = new Set(['get', 'list', 'watch', 'head', 'options'])

export function limitInFlight(limits: InFlightLimits): Filter<ChainRequest, ServerResponse> {
  const underWay = { reads: 0, writes: 0 }
  return async (request, next) => {
    if (isLongRunning(request.info, request.query) || isExempt(request)) return next(request)
    const kind = readVerbs.has(request.info.verb) ? 'reads' : 'writes'
    if (underWay[kind] >= limits[kind])
      throw new StatusError('TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      })
    underWay[kind]++
    try {
      return await next(request)
    } finally {
      underWay[kind]--
    }
  }
}

/** Whoever mends an overloaded server must be able to reach it. */
function isExempt(request: ChainRequest): boolean {
  return userOf(request).groups.includes('system:masters')
}

/** Subresources that are connections, not objects. */
export function isStream(subresource: string): boolean {
  return streams.has(subresource)
}

const streams = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

/** Requests that end when somebody wants, not when they are done. */
export function isLongRunning({ verb, subresource }: RequestInfo, query: URLSearchParams): boolean {
  if (subresource === 'log') return query.has('follow')
  return verb === 'watch' || verb === 'proxy' || streams.has(subresource)
}
