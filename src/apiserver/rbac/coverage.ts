// Whether what somebody may do covers what they are about to grant, and what is missing, in words.
// Pure; by the rules of upstream's policy comparator.

import type { PolicyRule } from '../../api/types.gen.ts'

type Rule = Partial<PolicyRule>

/** Rules of one verb and one resource or path each that none of `held` covers. */
export function uncovered(held: readonly Rule[], wanted: readonly Rule[]): readonly Rule[] {
  return wanted.flatMap(brokenDown).filter((rule) => !held.some((owned) => covers(owned, rule)))
}

function brokenDown(rule: Rule): readonly Rule[] {
  const { apiGroups = [], resources = [], verbs = [], nonResourceURLs = [] } = rule
  const names = rule.resourceNames ?? []
  const named = names.length > 0 ? names.map((name) => ({ resourceNames: [name] })) : [{}]
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          named.map((name) => ({
            ...{ apiGroups: [group], resources: [resource], verbs: [verb] },
            ...name,
          })),
        ),
      ),
    ),
    ...nonResourceURLs.flatMap((path) =>
      verbs.map((verb) => ({ nonResourceURLs: [path], verbs: [verb] })),
    ),
  ]
}

/** `part` has at most one value in each field. */
function covers(owned: Rule, part: Rule): boolean {
  const ownNames = owned.resourceNames ?? []
  return (
    hasAll(owned.verbs, part.verbs) &&
    hasAll(owned.apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((resource) => coversResource(owned.resources ?? [], resource)) &&
    (part.nonResourceURLs ?? []).every((path) => coversPath(owned.nonResourceURLs ?? [], path)) &&
    (ownNames.length === 0 ||
      (part.resourceNames?.some((name) => ownNames.includes(name)) ?? false))
  )
}

function hasAll(owned: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return owned.includes('*') || wanted.every((value) => owned.includes(value))
}

function coversResource(owned: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/')
  return (
    owned.includes('*') ||
    owned.includes(resource) ||
    (slash >= 0 && owned.includes(`*${resource.slice(slash)}`))
  )
}

function coversPath(owned: readonly string[], path: string): boolean {
  return owned.some(
    (pattern) =>
      pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))),
  )
}

/** One line for each resource, sorted: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function describeRules(rules: readonly Rule[]): string {
  const verbs = new Map<string, string[]>()
  for (const rule of rules) {
    const place = describeFields(rule)
    verbs.set(place, [...(verbs.get(place) ?? []), ...(rule.verbs ?? [])])
  }
  const lines = [...verbs].map(
    ([place, all]) => `{${[place, `Verbs:${quotedList(all)}`].filter(Boolean).join(', ')}}`,
  )
  return [...new Set(lines)].sort().join('\n')
}

function describeFields({ apiGroups, resources, nonResourceURLs, resourceNames }: Rule): string {
  return Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
  })
    .flatMap(([field, values]) => (values?.length ? [`${field}:${quotedList(values)}`] : []))
    .join(', ')
}

/** As Go quotes a list of strings. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
