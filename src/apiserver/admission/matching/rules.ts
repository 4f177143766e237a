// Whether the rules of a webhook or policy are about a request. Pure.

import type { KindEntry } from '../../../api/kinds.ts'
import type { NamedRuleWithOperations } from '../../../api/types.gen.ts'
import type { Resource } from '../../registry/resource.ts'
import type { AdmissionRequest } from '../admission.ts'

const registration = 'admissionregistration.k8s.io'

/** What configures admission is never subject to it, lest a mistake could not be undone. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.entry.group === registration
}

const reviews = [
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
]

/** Policies say nothing about reviews either: a mistake in one would lock everybody out. */
export function isBeyondPolicies(request: AdmissionRequest): boolean {
  const { group, plural } = request.resource.entry
  return isExempt(request) || reviews.includes(`${group}/${plural}`)
}

/** One rule covers the request, seen as a request about `resource`. */
export function coversRequest(
  rules: readonly NamedRuleWithOperations[],
  request: AdmissionRequest,
  { entry }: Resource,
): boolean {
  return rules.some((rule) => covers(rule, request, entry))
}

function covers(rule: NamedRuleWithOperations, request: AdmissionRequest, entry: KindEntry) {
  const { operations, apiGroups, apiVersions, scope = '*', resourceNames = [] } = rule
  const isNamespaced = entry.namespaced
  return (
    includes(operations, request.operation) &&
    includes(apiGroups, entry.group) &&
    includes(apiVersions, entry.version) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced) &&
    (resourceNames.length === 0 || resourceNames.includes(request.name)) &&
    (rule.resources ?? []).some((text) => namesResource(text, entry.plural, request.subresource))
  )
}

function includes(values: readonly string[] = [], value: string): boolean {
  return values.includes('*') || values.includes(value)
}

/** `pods`, `pods/log`, `*` for all without subresources, `pods/*`, any resource with `scale`, or anything. */
function namesResource(text: string, plural: string, subresource: string): boolean {
  const [resource = '', sub = ''] = text.split('/')
  const isSub = sub === '*' || sub === subresource
  return (resource === '*' || resource === plural) && isSub
}

/**
 * The resource in whose version a matching request is shown: its own, or with Equivalent another
 * one that serves the same objects. Undefined where no rule is about it.
 */
export function shownAs(
  rules: readonly NamedRuleWithOperations[],
  request: AdmissionRequest,
  others: () => readonly Resource[],
): Resource | undefined {
  if (coversRequest(rules, request, request.resource)) return request.resource
  return others().find((resource) => coversRequest(rules, request, resource))
}
