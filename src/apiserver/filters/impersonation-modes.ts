// The ways to act as somebody else, narrowest first: as the node one runs on, as a node, as a
// ServiceAccount, as another user (each needs the right to act so, and the right to do this request
// while acting so), and the older right to do everything as somebody. KEP-5284.

import { StatusError } from '../../api/status-error.ts'
import { dnsSubdomainProblems } from '../../api/validation/names.ts'
import { serviceAccountGroups } from '../auth/service-account-claims.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import { quotedList } from '../rbac/coverage.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { UserInfo } from '../request.ts'
import { forbidden } from './authorize.ts'

/** As the headers say it. */
export interface Wanted {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export interface Acting {
  readonly requestor: UserInfo
  readonly wanted: Wanted
  /** What is to be done as somebody else. */
  readonly asked: Attributes
  readonly authorizer: Authorizer
}

interface Mode {
  readonly name: string
  isFor(wanted: Wanted, requestor: UserInfo): boolean
  /** As whom, and for what node name, the rights are asked for. */
  readonly asAssociate?: boolean
}

const modes: readonly Mode[] = [
  {
    name: 'associated-node',
    isFor: (wanted, requestor) => isNameAlone(wanted) && runsOn(requestor, nodeOf(wanted.name)),
    asAssociate: true,
  },
  {
    name: 'arbitrary-node',
    isFor: (wanted) => isNameAlone(wanted) && nodeOf(wanted.name) !== undefined,
  },
  {
    name: 'serviceaccount',
    isFor: (wanted) => isNameAlone(wanted) && accountOf(wanted.name) !== undefined,
  },
  {
    name: 'user-info',
    isFor: ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined,
  },
]

/** Who the request is from then on. Throws the refusal of the first way that was tried. */
export function impersonated(acting: Acting): UserInfo {
  let refusal: unknown
  for (const attempt of [...modes.map(constrained), legacy]) {
    try {
      const user = attempt(acting)
      if (user) return user
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      refusal ??= error
    }
  }
  throw refusal
}

type Attempt = (acting: Acting) => UserInfo | undefined

function constrained({ name, isFor, asAssociate = false }: Mode): Attempt {
  return (acting) => {
    const { wanted, asked } = acting
    if (!isFor(wanted, acting.requestor)) return undefined
    const requestor = asAssociate ? associate(acting.requestor) : acting.requestor
    const check = checker({ ...acting, requestor })
    check({ ...asked, verb: `impersonate-on:${name}:${asked.verb}` })
    const right = (of: Partial<Attributes>) =>
      rightOf({ verb: `impersonate:${name}`, group: authentication, ...of })
    const own = nameRight(wanted.name)
    check(right(asAssociate ? { ...own, name: '*' } : own))
    if (wanted.uid) check(right({ resource: 'uids', name: wanted.uid }))
    checkGroups(wanted.groups, requestor, { check, right })
    checkExtra(wanted.extra, requestor, { check, right })
    const isNode = nodeOf(wanted.name) !== undefined
    return settled(isNode ? { ...wanted, groups: ['system:nodes'] } : wanted)
  }
}

const authentication = 'authentication.k8s.io'

const legacy: Attempt = (acting) => {
  const { wanted } = acting
  const check = checker(acting)
  const right = (of: Partial<Attributes>) => rightOf({ verb: 'impersonate', ...of })
  const own = nameRight(wanted.name)
  check(right(own.resource === 'nodes' ? { resource: 'users', name: wanted.name } : own))
  const more = { group: authentication }
  if (wanted.uid) check(right({ ...more, resource: 'uids', name: wanted.uid }))
  for (const name of wanted.groups) check(right({ resource: 'groups', name }))
  for (const [subresource, values] of Object.entries(wanted.extra)) {
    for (const name of values) check(right({ ...more, resource: 'userextras', subresource, name }))
  }
  return settled(wanted)
}

type Check = (right: Attributes) => void

function checker({ authorizer, requestor }: Acting): Check {
  return (right) => {
    const { allowed, reason } = authorizer.authorize(requestor, right)
    if (!allowed) throw forbidden(requestor, right, reason)
  }
}

interface Rights {
  readonly check: Check
  right(of: Partial<Attributes>): Attributes
}

/** From so many values on, one right to all of them is tried first. */
const many = 4

function checkGroups(groups: readonly string[], requestor: UserInfo, rights: Rights): void {
  const right = (name: string) => rights.right({ resource: 'groups', name })
  if (groups.includes('')) {
    throw forbidden(requestor, right(''), 'impersonating the empty string group is not allowed')
  }
  const masters = 'system:masters'
  if (groups.includes(masters)) {
    const why = 'impersonating the system:masters group is not allowed'
    throw forbidden(requestor, right(masters), why)
  }
  if (groups.length >= many && isAllowed(rights.check, right('*'))) return
  for (const name of groups) rights.check(right(name))
}

function checkExtra(extra: Wanted['extra'], requestor: UserInfo, rights: Rights): void {
  const right = (subresource: string, name: string) =>
    rights.right({ resource: 'userextras', subresource, name })
  const problem = extraProblem(extra)
  if (problem) throw forbidden(requestor, right('', ''), problem)
  const all = Object.entries(extra)
  const count = all.reduce((sum, [, values]) => sum + values.length, 0)
  if (count >= many && isAllowed(rights.check, right('*', '*'))) return
  for (const [key, values] of all) for (const value of values) rights.check(right(key, value))
}

function extraProblem(extra: Wanted['extra']): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const [domain = '', path = ''] = key.split(/\/(.*)/s)
    if (!path || dnsSubdomainProblems(domain).length > 0) {
      const form = 'must be a domain-prefixed path (such as "acme.io/foo")'
      const value = JSON.stringify(key)
      return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${value}: ${form}`
    }
    if (key !== key.toLowerCase()) {
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`
    }
    if (values.length === 0) return 'impersonating empty values in extra is not allowed'
    if (values.includes('')) {
      return 'impersonating the empty string value in extra is not allowed'
    }
  }
  return undefined
}

function isAllowed(check: Check, right: Attributes): boolean {
  try {
    check(right)
    return true
  } catch {
    return false
  }
}

function nameRight(name: string): Partial<Attributes> {
  const account = accountOf(name)
  if (account) return { resource: 'serviceaccounts', ...account }
  const node = nodeOf(name)
  return node === undefined ? { resource: 'users', name } : { resource: 'nodes', name: node }
}

function rightOf(of: Partial<Attributes>): Attributes {
  return {
    ...{ verb: '', isResourceRequest: true, group: '', resource: '', subresource: '' },
    ...{ namespace: '', name: '', path: '' },
    ...of,
  }
}

/** Accounts have their groups, and everybody is either authenticated or not. */
function settled({ name, uid, groups, extra }: Wanted): UserInfo {
  const account = accountOf(name)
  const own = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : groups
  const isKnown = own.includes('system:authenticated') || own.includes('system:unauthenticated')
  const isAnonymous = name === 'system:anonymous'
  const missing = isAnonymous
    ? own.includes('system:unauthenticated')
      ? []
      : ['system:unauthenticated']
    : isKnown
      ? []
      : ['system:authenticated']
  return {
    name,
    ...(uid && { uid }),
    groups: [...own, ...missing],
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

function isNameAlone({ uid, groups, extra }: Wanted): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0
}

function accountOf(
  name: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? []
  return namespace && account ? { namespace, name: account } : undefined
}

function nodeOf(name: string): string | undefined {
  const node = /^system:node:(.*)$/s.exec(name)?.[1]
  return node !== undefined && dnsSubdomainProblems(node).length === 0 ? node : undefined
}

function runsOn({ name, extra }: UserInfo, node: string | undefined): boolean {
  const nodes = extra?.['authentication.kubernetes.io/node-name'] ?? []
  return node !== undefined && accountOf(name) !== undefined && nodes.join() === node
}

/** The same right holds on whatever node the account's Pods run. */
function associate(requestor: UserInfo): UserInfo {
  const keys = Object.keys(requestor.extra ?? {}).sort()
  return {
    ...requestor,
    extra: { 'authentication.kubernetes.io/associated-node-keys': keys },
  }
}

/** Go's rendering of the headers, for those that name no user. */
export function wantedText({ uid, groups, extra }: Omit<Wanted, 'name'>): string {
  const list = (values: readonly string[]) =>
    `[]string{${quotedList(values).slice(1, -1).replaceAll('" "', '", "')}}`
  const groupsText = groups.length > 0 ? list(groups) : '[]string(nil)'
  const entries = Object.entries(extra).map(
    ([key, values]) => `${JSON.stringify(key)}:${list(values)}`,
  )
  const extraText =
    entries.length > 0 ? `map[string][]string{${entries.join(', ')}}` : 'map[string][]string(nil)'
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupsText}, Extra:${extraText}}`
}
