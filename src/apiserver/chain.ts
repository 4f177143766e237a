// How the API server handles a request: every filter in its order, around the routes.

import { chain, type Filter } from '../lib/chain.ts'
import type { Log } from '../lib/log.ts'
import type { Audit } from './audit/audit.ts'
import type { TokenAuthenticator } from './auth/tokens.ts'
import type { ChainHandler, ChainRequest, RequestHandler } from './chain-request.ts'
import { answerErrors } from './filters/answer-errors.ts'
import { authenticate } from './filters/authenticate.ts'
import { authorize } from './filters/authorize.ts'
import { type FlowFilterOptions, limitFlows } from './filters/flow.ts'
import { impersonate } from './filters/impersonate.ts'
import type { Authorizer } from './rbac/authorizer.ts'
import type { ServerResponse } from './request.ts'

export interface ChainParts {
  readonly log: Log
  /** The outermost: counts every request. */
  readonly counting: Filter<ChainRequest, ServerResponse>
  /** Absent: nothing is audited. */
  readonly audit: Audit | undefined
  readonly tokens: TokenAuthenticator
  readonly audiences: readonly string[]
  /** Absent: requests are not limited. */
  readonly flow: FlowFilterOptions | undefined
  readonly authorizer: Authorizer
  readonly routes: RequestHandler
}

/** CORS is off, as upstream's default: a browser's pages have no business here. */
export function apiServerChain(parts: ChainParts): ChainHandler {
  return chain<ChainRequest, ServerResponse>(
    [
      parts.counting,
      answerErrors(parts.log),
      ...(parts.audit ? [parts.audit.strangers] : []),
      authenticate(parts.tokens, parts.audiences),
      ...(parts.audit ? [parts.audit.requests] : []),
      impersonate(parts.authorizer),
      ...(parts.flow ? [limitFlows(parts.flow)] : []),
      authorize(parts.authorizer),
    ],
    parts.routes,
  )
}
