// Who is asking: whom a front proxy names, else a client certificate, else a bearer token; without
// any of them only health may be asked.

import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import { identityOf } from '../aggregation/identity-headers.ts'
import type { TokenAuthenticator } from '../auth/tokens.ts'
import { type ChainRequest, headerOf, headersOf } from '../chain-request.ts'
import type { ServerResponse, UserInfo } from '../request.ts'

const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const anonymousPaths = new Set(['/healthz', '/livez', '/readyz'])
const authenticatedGroup = 'system:authenticated'

/** `audiences`: what a token must be meant for to be good here. */
export function authenticate(
  tokens: TokenAuthenticator,
  audiences: readonly string[],
): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    if (request.user) return next(request)
    const user =
      (request.isFromProxy ? identityOf(request) : undefined) ??
      request.certificateUser ??
      (await userOfToken(request, tokens, audiences))
    if (user) request.user = withGroup(user)
    else if (anonymousPaths.has(request.path)) request.user = anonymous
    else throw new StatusError('Unauthorized', 'Unauthorized')
    return next(request)
  }
}

async function userOfToken(
  request: ChainRequest,
  tokens: TokenAuthenticator,
  audiences: readonly string[],
): Promise<UserInfo | undefined> {
  const token = bearerToken(request)
  if (!token) return undefined
  const found = await tokens.authenticate(token, audiences)
  // Who shows a token that is not good is not taken for somebody who shows none.
  if (!found) throw new StatusError('Unauthorized', 'Unauthorized')
  request.warnings.push(...(found.warnings ?? []))
  return found.user
}

/** A browser's WebSocket cannot set headers: it sends its token as a subprotocol. */
export const tokenProtocolPrefix = 'base64url.bearer.authorization.k8s.io.'

function bearerToken(request: ChainRequest): string | undefined {
  const token = /^bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1]
  if (token) return token
  const protocol = headersOf(request, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .find((value) => value.trim().startsWith(tokenProtocolPrefix))
  const encoded = protocol?.trim().slice(tokenProtocolPrefix.length)
  return encoded && Buffer.from(encoded, 'base64url').toString()
}

function withGroup(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup)
    ? user
    : { ...user, groups: [...user.groups, authenticatedGroup] }
}
