// Which Pods and claims a quota is about: its scopes, all of which must hold.

import { type Draft, type DraftOf, draftAs } from '../draft.ts'
import type {
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../types.gen.ts'
import type { CountedKind } from './usage.ts'

export function matchesScopes({ spec }: ResourceQuota, kind: CountedKind, object: object): boolean {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({
    scopeName,
    operator: 'Exists' as const,
  }))
  const rules: readonly ScopedResourceSelectorRequirement[] = [
    ...plain,
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ]
  return rules.every((rule) => holds(rule, kind, object as Draft))
}

function holds(rule: ScopedResourceSelectorRequirement, kind: CountedKind, object: Draft): boolean {
  if (rule.scopeName === 'VolumeAttributesClass') {
    if (kind.group !== '' || kind.plural !== 'persistentvolumeclaims') return false
    const claim = draftAs<PersistentVolumeClaim>(object)
    return compare(rule, claim.spec?.volumeAttributesClassName)
  }
  if (kind.group !== '' || kind.plural !== 'pods') return false
  const { spec = {} } = draftAs<Pod>(object)
  switch (rule.scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0
    case 'BestEffort':
      return isBestEffort(spec)
    case 'NotBestEffort':
      return !isBestEffort(spec)
    case 'PriorityClass':
      return compare(rule, spec.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(spec)
    default:
      return false
  }
}

function compare(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
  }
}

type Spec = NonNullable<DraftOf<Pod>['spec']>

function isBestEffort({ containers = [], initContainers = [] }: Spec): boolean {
  return [...containers, ...initContainers].every(({ resources }) => {
    const amounts = { ...resources?.requests, ...resources?.limits }
    return amounts['cpu'] === undefined && amounts['memory'] === undefined
  })
}

function reachesOtherNamespaces({ affinity }: Spec): boolean {
  const { podAffinity, podAntiAffinity } = affinity ?? {}
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ])
  return terms.some((term) => term?.namespaces?.length || term?.namespaceSelector)
}
