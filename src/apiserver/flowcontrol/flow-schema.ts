// A FlowSchema made ready to match: which requests are of it, and which of them are one flow. Pure.
// Source of the rules: apiserver's flowcontrol package.

import type {
  FlowcontrolSubject,
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../../api/types.gen.ts'
import type { RequestInfo, UserInfo } from '../request.ts'

export interface CompiledSchema {
  readonly name: string
  readonly uid: string
  readonly levelName: string
  readonly precedence: number
  matches(user: UserInfo, info: RequestInfo): boolean
  /** Requests with the same text are one flow. */
  flowOf(user: UserInfo, info: RequestInfo): string
}

export function compileSchema({ metadata, spec }: FlowSchema): CompiledSchema {
  const rules = (spec.rules ?? []).map(compileRules)
  const [only] = rules
  const { type } = spec.distinguisherMethod ?? {}
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    levelName: spec.priorityLevelConfiguration.name,
    precedence: spec.matchingPrecedence ?? 1000,
    matches:
      rules.length === 1 && only ? only : (user, info) => rules.some((rule) => rule(user, info)),
    flowOf: (user, info) =>
      type === 'ByUser' ? user.name : type === 'ByNamespace' ? info.namespace : '',
  }
}

/** The order in which schemas are asked. */
export function compareSchemas(a: CompiledSchema, b: CompiledSchema): number {
  return a.precedence - b.precedence || (a.name < b.name ? -1 : 1)
}

type Rule = (user: UserInfo, info: RequestInfo) => boolean

function compileRules({
  subjects,
  resourceRules = [],
  nonResourceRules = [],
}: PolicyRulesWithSubjects): Rule {
  const isSubject = compileSubjects(subjects)
  const isResource = anyOf(resourceRules.map(compileResource))
  const isPath = anyOf(nonResourceRules.map(compilePath))
  return (user, info) =>
    isSubject(user) && (info.isResourceRequest ? isResource(info) : isPath(info))
}

type Test<T> = (of: T) => boolean

function anyOf<T>(tests: readonly Test<T>[]): Test<T> {
  const [only] = tests
  if (tests.length === 1 && only) return only
  return (of) => tests.some((test) => test(of))
}

const accountPrefix = 'system:serviceaccount:'

function compileSubjects(subjects: readonly FlowcontrolSubject[]): Test<UserInfo> {
  const users = new Set<string>()
  const groups = new Set<string>()
  const accountNamespaces: string[] = []
  for (const { kind, user, group, serviceAccount } of subjects) {
    if (kind === 'User' && user) users.add(user.name)
    if (kind === 'Group' && group) groups.add(group.name)
    if (kind !== 'ServiceAccount' || !serviceAccount) continue
    const { namespace, name } = serviceAccount
    if (name === '*') accountNamespaces.push(`${accountPrefix}${namespace}:`)
    else users.add(`${accountPrefix}${namespace}:${name}`)
  }
  if (users.has('*') || groups.has('*')) return () => true
  return ({ name, groups: own }) => {
    if (users.has(name)) return true
    for (const group of own) if (groups.has(group)) return true
    return (
      accountNamespaces.length > 0 && accountNamespaces.some((prefix) => name.startsWith(prefix))
    )
  }
}

function compileResource(rule: ResourcePolicyRule): Test<RequestInfo> {
  const isVerb = oneOf(rule.verbs)
  const isGroup = oneOf(rule.apiGroups)
  const isResource = oneOf(rule.resources)
  const isNamespace = oneOf(rule.namespaces ?? [])
  const { clusterScope = false } = rule
  return ({ verb, group, resource, subresource, namespace }) =>
    isVerb(verb) &&
    isGroup(group) &&
    isResource(subresource === '' ? resource : `${resource}/${subresource}`) &&
    (namespace === '' ? clusterScope : isNamespace(namespace))
}

function compilePath({ verbs, nonResourceURLs }: NonResourcePolicyRule): Test<RequestInfo> {
  const isVerb = oneOf(verbs)
  if (nonResourceURLs.includes('*')) return ({ verb }) => isVerb(verb)
  const whole = new Set(nonResourceURLs)
  const beginnings = nonResourceURLs.map((url) => url.replace(/\*$/, '').replace(/\/?$/, '/'))
  return ({ verb, path }) =>
    isVerb(verb) && (whole.has(path) || beginnings.some((start) => path.startsWith(start)))
}

function oneOf(values: readonly string[]): Test<string> {
  if (values.length === 1 && values[0] === '*') return () => true
  const set = new Set(values)
  return (value) => set.has(value)
}
