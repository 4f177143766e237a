// A request as expressions see it: the variables that may be named and what they are bound to.

import {
  type Authorize,
  type AuthorizerCheck,
  authorizerType,
  authorizerValue,
  resourceCheckType,
  resourceCheckValue,
} from '../../../cel/functions/authorizer.ts'
import type { Declarations } from '../../../cel/program.ts'
import { bool, dyn, listOf, mapOf, objectType, string } from '../../../cel/types.ts'
import { textAt } from '../../registry/api-object.ts'
import type { Resource } from '../../registry/resource.ts'
import type { UserInfo } from '../../request.ts'
import type { AdmissionRequest, AdmissionSupport } from '../admission.ts'
import type { Seen } from './seen-as.ts'

const kindType = objectType('kubernetes.GroupVersionKind', {
  group: string,
  version: string,
  kind: string,
})
const resourceType = objectType('kubernetes.GroupVersionResource', {
  group: string,
  version: string,
  resource: string,
})
const userType = objectType('kubernetes.UserInfo', {
  username: string,
  uid: string,
  groups: listOf(string),
  extra: mapOf(string, listOf(string)),
})
const requestType = objectType('kubernetes.AdmissionRequest', {
  uid: string,
  kind: kindType,
  resource: resourceType,
  subResource: string,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: userType,
  dryRun: bool,
  options: dyn,
})

export const requestDeclarations: Declarations = {
  variables: {
    object: dyn,
    oldObject: dyn,
    request: requestType,
    authorizer: authorizerType,
    'authorizer.requestResource': resourceCheckType,
  },
}

export type Bindings = Readonly<Record<string, unknown>>

/** The request in the form of an AdmissionReview, without the objects. */
export function requestFields(request: AdmissionRequest, shown: Resource = request.resource) {
  const { operation, subresource, name, namespace, user, isDryRun, resource } = request
  const kind = kindOf(request)
  return {
    kind: {
      ...kind,
      ...(shown !== resource && { version: shown.entry.version, group: shown.entry.group }),
    },
    resource: resourceFields(shown),
    ...(subresource && { subResource: subresource }),
    requestKind: kind,
    requestResource: resourceFields(resource),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: userFields(user),
    dryRun: isDryRun,
    options: optionsOf(request),
  }
}

/** The kind of the body, which a subresource may have of its own. */
function kindOf({ resource, object }: AdmissionRequest) {
  const { group, version, kind } = resource.entry
  const bodyKind = textAt(object, 'kind') ?? kind
  const apiVersion = textAt(object, 'apiVersion')
  if (bodyKind === kind || apiVersion === undefined) return { group, version, kind }
  const [first = '', second] = apiVersion.split('/')
  return { group: second ? first : '', version: second ?? first, kind: bodyKind }
}

function resourceFields({ entry }: Resource) {
  return { group: entry.group, version: entry.version, resource: entry.plural }
}

function userFields({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) }
}

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }

function optionsOf({ operation, isDryRun, options }: AdmissionRequest) {
  if (operation === 'CONNECT') return null
  return {
    kind: optionKinds[operation],
    apiVersion: 'meta.k8s.io/v1',
    ...(isDryRun && { dryRun: ['All'] }),
    ...options,
  }
}

/** `seen`: in the version that a rule is about; the request's own unless it is another. */
export function requestBindings(
  request: AdmissionRequest,
  support: AdmissionSupport,
  seen?: Seen,
): Bindings {
  const { resource, subresource, namespace, name } = request
  const { object, old, shown } = seen ?? { ...request, shown: resource }
  const authorize = authorizeAs(request.user, support)
  return {
    object: object ?? null,
    oldObject: old ?? null,
    request: requestFields(request, shown),
    authorizer: authorizerValue(authorize),
    'authorizer.requestResource': resourceCheckValue(authorize, {
      group: resource.entry.group,
      resource: resource.entry.plural,
      ...{ subresource, namespace, name },
    }),
  }
}

function authorizeAs(user: UserInfo, { authorize }: AdmissionSupport): Authorize {
  return (check) => {
    const { serviceAccount, verb, group, resource, subresource, namespace, name, path } = check
    const asked = { verb, group, resource, subresource, namespace, name, path }
    const who = serviceAccount ? accountUser(serviceAccount) : user
    const decision = authorize?.(who, { ...asked, isResourceRequest: !isPathCheck(check) })
    return decision ?? { allowed: false, reason: '' }
  }
}

const isPathCheck = ({ path }: AuthorizerCheck) => path !== ''

function accountUser(name: string): UserInfo {
  const [, , namespace = ''] = name.split(':')
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return { name, groups: [...groups, 'system:authenticated'] }
}
