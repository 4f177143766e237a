// Acting as somebody else: the Impersonate-* headers, each value of which must be allowed by name.

import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import { type ChainRequest, headerOf, headersOf, userOf } from '../chain-request.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import type { ServerResponse } from '../request.ts'
import { impersonated, type Wanted, wantedText } from './impersonation-modes.ts'

export function impersonate(authorizer: Authorizer): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    const wanted = wantedUser(request)
    if (wanted) {
      const requestor = userOf(request)
      request.user = impersonated({ requestor, wanted, asked: request.info, authorizer })
    }
    return next(request)
  }
}

const extraPrefix = 'impersonate-extra-'

function wantedUser(request: ChainRequest): Wanted | undefined {
  const name = headerOf(request, 'impersonate-user') ?? ''
  const uid = headerOf(request, 'impersonate-uid') ?? ''
  const groups = headersOf(request, 'impersonate-group').flatMap((value) => value.split(/, */))
  const extra: Record<string, readonly string[]> = {}
  for (const header in request.headers)
    if (header.startsWith(extraPrefix))
      extra[decodedKey(header.slice(extraPrefix.length))] = headersOf(request, header)
  if (name) return { name, uid, groups, extra }
  if (uid || groups.length > 0 || Object.keys(extra).length > 0) {
    const asked = wantedText({ uid, groups, extra })
    throw new StatusError('BadRequest', `requested ${asked} without impersonating a user name`)
  }
  return undefined
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
