// May this user do this: else 403 in upstream's words.

import { StatusError } from '../../api/status-error.ts'
import type { Filter } from '../../lib/chain.ts'
import { type ChainRequest, userOf } from '../chain-request.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { ServerRequest, ServerResponse, UserInfo } from '../request.ts'

export function authorize(authorizer: Authorizer): Filter<ChainRequest, ServerResponse> {
  return async (request, next) => {
    const user = userOf(request)
    const { allowed, reason } = authorizer.authorize(user, request.info)
    request.audit?.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    request.audit?.annotate('authorization.k8s.io/reason', reason)
    if (!allowed) throw forbidden(user, request.info, reason)
    return next(request)
  }
}

/** For a PUT or an apply that is about to create: throws Forbidden unless the user may. */
export function assertMayCreate(authorizer: Authorizer, { user, info }: ServerRequest): void {
  const asked = { ...info, verb: 'create' }
  const actor = user ?? { name: '', groups: [] }
  const { allowed, reason } = authorizer.authorize(actor, asked)
  if (!allowed) throw forbidden(actor, asked, reason)
}

export function forbidden(user: UserInfo, asked: Attributes, reason: string): StatusError {
  const { group, resource, name } = asked
  const sentence = [deniedSentence(user, asked), ...(reason ? [reason] : [])].join(': ')
  const qualified = group ? `${resource}.${group}` : resource
  const subject = name ? `${qualified} ${JSON.stringify(name)} is forbidden` : undefined
  const message = !resource
    ? `forbidden: ${sentence}`
    : `${subject ?? `${qualified} is forbidden`}: ${sentence}`
  return new StatusError('Forbidden', message, {
    ...(name && { name }),
    ...(group && { group }),
    ...(resource && { kind: resource }),
  })
}

function deniedSentence({ name: user }: UserInfo, asked: Attributes): string {
  const who = `User ${JSON.stringify(user)} cannot ${asked.verb}`
  if (!asked.isResourceRequest) return escaped(`${who} path ${JSON.stringify(asked.path)}`)
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource
  const what = `resource ${JSON.stringify(resource)} in API group ${JSON.stringify(asked.group)}`
  const where = asked.namespace
    ? `in the namespace ${JSON.stringify(asked.namespace)}`
    : 'at the cluster scope'
  return escaped(`${who} ${what} ${where}`)
}

/** An error that quotes a path never looks like HTML. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
