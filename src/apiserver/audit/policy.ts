// An audit policy (audit.k8s.io/v1 Policy): which requests are recorded, and how much of them.
// In: the text of a file. Out: a function from who asks for what to what is kept. Pure.

import { type Draft, isDraft, itemsOf, textsOf } from '../../api/draft.ts'
import { readYaml, YamlSyntaxError } from '../../api/yaml-text.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { UserInfo } from '../request.ts'

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

/** What is kept of one request. */
export interface Audited {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

export type AuditPolicy = (user: UserInfo | undefined, asked: Attributes) => Audited

export class AuditPolicyError extends Error {}

export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf(least)
}

/** Throws AuditPolicyError, which names all that is wrong. */
export function parseAuditPolicy(text: string): AuditPolicy {
  const document = documentOf(text)
  const rules = itemsOf(document, 'rules').map((rule) => (isDraft(rule) ? rule : {}))
  const problems = rules.flatMap((rule, index) => ruleProblems(rule, `rules[${index}]`))
  if (problems.length > 0) throw new AuditPolicyError(problems.join(', '))
  if (rules.length === 0) throw new AuditPolicyError('loaded illegal policy with 0 rules')
  const compiled = rules.map((rule) => compile(rule, document))
  const nothing: Audited = { level: 'None', omitStages: new Set(), omitManagedFields: false }
  return (user, asked) => compiled.find(({ matches }) => matches(user, asked))?.audited ?? nothing
}

const versions = ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1', 'audit.k8s.io/v1alpha1']

function documentOf(text: string): Draft {
  try {
    const { value } = readYaml(text)
    if (!isDraft(value)) throw new AuditPolicyError('failed decoding: not an object')
    const { apiVersion = '', kind = '' } = value
    if (kind !== 'Policy' || !versions.includes(String(apiVersion)))
      throw new AuditPolicyError(
        `unknown group version field ${apiVersion}, Kind=${kind} in policy`,
      )
    return value
  } catch (error) {
    if (error instanceof YamlSyntaxError)
      throw new AuditPolicyError(`failed decoding: ${error.message}`)
    throw error
  }
}

function ruleProblems(rule: Draft, path: string): readonly string[] {
  const { level } = rule
  const urls = textsOf(rule, 'nonResourceURLs')
  const isMixed = itemsOf(rule, 'resources').length + itemsOf(rule, 'namespaces').length > 0
  return [
    ...levelProblems(level, `${path}.level`),
    ...urls.flatMap((url, index) => urlProblems(url, `${path}.nonResourceURLs[${index}]`)),
    ...itemsOf(rule, 'resources').flatMap((one) => resourceProblems(one, `${path}.resources`)),
    ...textsOf(rule, 'omitStages').flatMap((stage, index) =>
      isStage(stage)
        ? []
        : [
            `${path}.omitStages[${index}]: Invalid value: ${JSON.stringify(stage)}: allowed stages are ${stages.join(',')}`,
          ],
    ),
    ...(urls.length > 0 && isMixed
      ? [
          `${path}.nonResourceURLs: Invalid value: ${JSON.stringify(urls)}: rules cannot apply to both regular resources and non-resource URLs`,
        ]
      : []),
  ]
}

function levelProblems(level: unknown, path: string): readonly string[] {
  if (level === undefined || level === '') return [`${path}: Required value`]
  if (isLevel(level)) return []
  const supported = levels.map((one) => JSON.stringify(one)).join(', ')
  return [`${path}: Unsupported value: ${JSON.stringify(level)}: supported values: ${supported}`]
}

function urlProblems(url: string, path: string): readonly string[] {
  const wrong = (why: string) => `${path}: Invalid value: ${JSON.stringify(url)}: ${why}`
  if (url === '*') return []
  return [
    ...(url.startsWith('/')
      ? []
      : [wrong("non-resource URL rules must begin with a '/' character")]),
    ...(url.slice(0, -1).includes('*')
      ? [wrong("non-resource URL wildcards '*' must be the final character of the rule")]
      : []),
  ]
}

function resourceProblems(resource: unknown, path: string): readonly string[] {
  const one = isDraft(resource) ? resource : {}
  const isBare = itemsOf(one, 'resources').length === 0
  const names = textsOf(one, 'resourceNames')
  return names.length > 0 && isBare
    ? [
        `${path}.resourceNames: Invalid value: ${JSON.stringify(names)}: using resourceNames requires at least one resource`,
      ]
    : []
}

function isLevel(value: unknown): value is Level {
  return levels.some((level) => level === value)
}

function isStage(value: string): value is Stage {
  return stages.some((stage) => stage === value)
}

interface Compiled {
  readonly matches: (user: UserInfo | undefined, asked: Attributes) => boolean
  readonly audited: Audited
}

function compile(rule: Draft, policy: Draft): Compiled {
  const { level } = rule
  const omit = [...textsOf(policy, 'omitStages'), ...textsOf(rule, 'omitStages')]
  const users = new Set(textsOf(rule, 'users'))
  const groups = new Set(textsOf(rule, 'userGroups'))
  const verbs = new Set(textsOf(rule, 'verbs'))
  const place = placeOf(rule)
  return {
    matches: (user, asked) =>
      (users.size === 0 || (user !== undefined && users.has(user.name))) &&
      (groups.size === 0 || (user?.groups.some((group) => groups.has(group)) ?? false)) &&
      (verbs.size === 0 || verbs.has(asked.verb)) &&
      place(asked),
    audited: {
      level: isLevel(level) ? level : 'None',
      omitStages: new Set(omit.filter(isStage)),
      omitManagedFields: (rule['omitManagedFields'] ?? policy['omitManagedFields']) === true,
    },
  }
}

function placeOf(rule: Draft): (asked: Attributes) => boolean {
  const namespaces = new Set(textsOf(rule, 'namespaces'))
  const resources = itemsOf(rule, 'resources').filter(isDraft)
  const urls = textsOf(rule, 'nonResourceURLs')
  if (namespaces.size > 0 || resources.length > 0)
    return (asked) =>
      asked.isResourceRequest &&
      (namespaces.size === 0 || namespaces.has(asked.namespace)) &&
      (resources.length === 0 || resources.some((one) => isResource(one, asked)))
  if (urls.length > 0)
    return ({ isResourceRequest, path }) =>
      !isResourceRequest && urls.some((url) => isPath(url, path))
  return () => true
}

function isResource(one: Draft, { group, resource, subresource, name }: Attributes): boolean {
  if ((one['group'] ?? '') !== group) return false
  const resources = textsOf(one, 'resources')
  if (resources.length === 0) return true
  const names = textsOf(one, 'resourceNames')
  if (names.length > 0 && !names.includes(name)) return false
  const combined = subresource ? `${resource}/${subresource}` : resource
  return resources.some(
    (pattern) =>
      pattern === '*' ||
      pattern === combined ||
      pattern === `${resource}/*` ||
      (subresource !== '' && pattern === `*/${subresource}`),
  )
}

function isPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.replace(/\*+$/, '')) : pattern === path
}
