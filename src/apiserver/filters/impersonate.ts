// Acting as somebody else: the Impersonate-* headers, each value of which RBAC must allow by name.

import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import { serviceAccountGroups } from '../auth/service-account-claims.ts'
import { type ChainRequest, headerOf, headersOf, userOf } from '../chain-request.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { ServerResponse, UserInfo } from '../request.ts'
import { forbidden } from './authorize.ts'

export function impersonate(authorizer: Authorizer): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    const asked = impersonation(request)
    if (!asked) return next(request)
    const actor = userOf(request)
    for (const right of rightsFor(asked)) {
      const { allowed, reason } = authorizer.authorize(actor, right)
      if (!allowed) throw forbidden(actor, right, reason)
    }
    request.user = userFor(asked)
    return next(request)
  }
}

interface Impersonation {
  readonly name: string
  readonly uid: string | undefined
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

const extraPrefix = 'impersonate-extra-'

function impersonation(request: ChainRequest): Impersonation | undefined {
  const name = headerOf(request, 'impersonate-user')
  const uid = headerOf(request, 'impersonate-uid')
  const groups = headersOf(request, 'impersonate-group').flatMap((value) => value.split(/, */))
  const extra: Record<string, readonly string[]> = {}
  for (const header in request.headers)
    if (header.startsWith(extraPrefix))
      extra[decodedKey(header.slice(extraPrefix.length))] = headersOf(request, header)
  if (name) return { name, uid, groups, extra }
  if (uid || groups.length > 0 || Object.keys(extra).length > 0)
    throw new StatusError(
      'InternalError',
      'requested groups, extra or uid without impersonating a user',
    )
  return undefined
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

const serviceAccountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/

function rightsFor({ name, uid, groups, extra }: Impersonation): readonly Attributes[] {
  const account = serviceAccountPattern.exec(name)
  const authentication = 'authentication.k8s.io'
  return [
    account
      ? right({ resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' })
      : right({ resource: 'users', name }),
    ...groups.map((group) => right({ resource: 'groups', name: group })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) =>
        right({
          group: authentication,
          resource: 'userextras',
          subresource: key,
          name: value,
        }),
      ),
    ),
    ...(uid ? [right({ group: authentication, resource: 'uids', name: uid })] : []),
  ]
}

function right(of: Partial<Attributes>): Attributes {
  return {
    verb: 'impersonate',
    isResourceRequest: true,
    group: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
    ...of,
  }
}

function userFor({ name, uid, groups, extra }: Impersonation): UserInfo {
  const account = serviceAccountPattern.exec(name)
  const own = groups.length === 0 && account ? serviceAccountGroups(account[1] ?? '') : groups
  const known = own.includes('system:authenticated') || own.includes('system:unauthenticated')
  const status = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  return {
    name,
    ...(uid && { uid }),
    groups: known ? own : [...own, status],
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}
