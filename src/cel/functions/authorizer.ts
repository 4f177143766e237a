// Table: the authorizer library: `authorizer.group('apps').resource('deployments').check('get')`.
// The authorizer itself is a function that the binding carries; it decides at once.

import { type CelFunction, member } from '../signature.ts'
import { opaque } from '../types.ts'
import { Opaque } from '../values.ts'

export interface AuthorizerCheck {
  readonly path: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Who is asked about: a ServiceAccount, or '' for the user of the request. */
  readonly serviceAccount: string
  readonly verb: string
}

export interface AuthorizerDecision {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

export type Authorize = (check: AuthorizerCheck) => AuthorizerDecision

const names = {
  authorizer: 'kubernetes.authorization.Authorizer',
  path: 'kubernetes.authorization.PathCheck',
  group: 'kubernetes.authorization.GroupCheck',
  resource: 'kubernetes.authorization.ResourceCheck',
  decision: 'kubernetes.authorization.Decision',
}
export const authorizerType = opaque(names.authorizer)
export const resourceCheckType = opaque(names.resource)

class Check {
  readonly authorize: Authorize
  readonly asked: AuthorizerCheck
  constructor(authorize: Authorize, asked: AuthorizerCheck) {
    this.authorize = authorize
    this.asked = asked
  }
}

class Decided {
  readonly decision: AuthorizerDecision
  constructor(decision: AuthorizerDecision) {
    this.decision = decision
  }
}

const nothing: AuthorizerCheck = {
  path: '',
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  serviceAccount: '',
  verb: '',
}

export function authorizerValue(authorize: Authorize): Opaque {
  return checkValue(names.authorizer, new Check(authorize, nothing))
}

/** authorizer.requestResource: a check of what the request is about. */
export function resourceCheckValue(authorize: Authorize, asked: Partial<AuthorizerCheck>): Opaque {
  return checkValue(names.resource, new Check(authorize, { ...nothing, ...asked }))
}

function checkValue(type: string, check: Check): Opaque {
  return new Opaque(type, check, JSON.stringify(check.asked))
}

/** Adds to what is asked. */
function narrowed(type: string, value: Opaque, more: Partial<AuthorizerCheck>): Opaque {
  const { held } = value
  if (!(held instanceof Check)) return value
  return checkValue(type, new Check(held.authorize, { ...held.asked, ...more }))
}

function decide({ held }: Opaque, verb: string): Opaque {
  const decision =
    held instanceof Check ? held.authorize({ ...held.asked, verb }) : { allowed: false, reason: '' }
  return new Opaque(names.decision, new Decided(decision), JSON.stringify(decision))
}

function decisionOf({ held }: Opaque): AuthorizerDecision {
  return held instanceof Decided ? held.decision : { allowed: false, reason: '' }
}

/** As upstream weighs a question to the authorizer. */
const checkCost = () => 350_000

const { authorizer, path, group, resource, decision } = names
const fieldOfCheck = (field: 'subresource' | 'namespace' | 'name') =>
  member(`${resource}.${field}(string): ${resource}`, (value: Opaque, text: string) =>
    narrowed(resource, value, { [field]: text }),
  )

export const authorizerFunctions: readonly CelFunction[] = [
  member(`${authorizer}.path(string): ${path}`, (value: Opaque, text: string) =>
    narrowed(path, value, { path: text }),
  ),
  member(`${authorizer}.group(string): ${group}`, (value: Opaque, text: string) =>
    narrowed(group, value, { group: text }),
  ),
  member(
    `${authorizer}.serviceAccount(string, string): ${authorizer}`,
    (value: Opaque, namespace: string, name: string) =>
      narrowed(authorizer, value, { serviceAccount: `system:serviceaccount:${namespace}:${name}` }),
  ),
  member(`${group}.resource(string): ${resource}`, (value: Opaque, text: string) =>
    narrowed(resource, value, { resource: text }),
  ),
  fieldOfCheck('subresource'),
  fieldOfCheck('namespace'),
  fieldOfCheck('name'),
  member(`${path}.check(string): ${decision}`, decide, checkCost),
  member(`${resource}.check(string): ${decision}`, decide, checkCost),
  member(`${decision}.allowed(): bool`, (value: Opaque) => decisionOf(value).allowed),
  member(`${decision}.reason(): string`, (value: Opaque) => decisionOf(value).reason),
  member(`${decision}.errored(): bool`, (value: Opaque) => decisionOf(value).error !== undefined),
  member(`${decision}.error(): string`, (value: Opaque) => decisionOf(value).error ?? ''),
]
