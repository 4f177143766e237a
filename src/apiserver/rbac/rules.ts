// Whether one policy rule covers one request. Pure; the rules of upstream's RBAC evaluation.

import type { FieldTerm } from '../../api/selector/field.ts'
import type { PolicyRule } from '../../api/types.gen.ts'

/** What is asked to be allowed. A resource, or else a path. */
export interface Attributes {
  readonly verb: string
  readonly isResourceRequest: boolean
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  /** What a list or a watch is limited to; RBAC doesn't look at it, other authorizers do. */
  readonly fieldSelector?: readonly FieldTerm[]
}

export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!coversText(rule.verbs, asked.verb)) return false
  if (!asked.isResourceRequest) return coversPath(rule.nonResourceURLs ?? [], asked.path)
  return (
    coversText(rule.apiGroups ?? [], asked.group) &&
    coversResource(rule.resources ?? [], asked) &&
    coversName(rule.resourceNames ?? [], asked.name)
  )
}

function coversText(values: readonly string[], asked: string): boolean {
  return values.includes('*') || values.includes(asked)
}

function coversResource(resources: readonly string[], { resource, subresource }: Attributes) {
  if (resources.includes('*')) return true
  if (!subresource) return resources.includes(resource)
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`)
}

function coversName(names: readonly string[], name: string): boolean {
  return names.length === 0 || names.includes(name)
}

function coversPath(patterns: readonly string[], path: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' ||
      pattern === path ||
      (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))),
  )
}
