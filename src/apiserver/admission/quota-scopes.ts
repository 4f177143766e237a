// Which Pods and claims a quota is about: its scopes, all of which must hold.

import { draftAs } from '../../api/draft.ts'
import type {
  PersistentVolumeClaim,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../api/types.gen.ts'
import { type AdmissionRequest, isAbout, podOf } from './admission.ts'

export function matchesScopes({ spec }: ResourceQuota, request: AdmissionRequest): boolean {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({
    scopeName,
    operator: 'Exists' as const,
  }))
  const rules: readonly ScopedResourceSelectorRequirement[] = [
    ...plain,
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ]
  return rules.every((rule) => holds(rule, request))
}

function holds(rule: ScopedResourceSelectorRequirement, request: AdmissionRequest): boolean {
  if (rule.scopeName === 'VolumeAttributesClass') {
    if (!isAbout(request, '', 'persistentvolumeclaims')) return false
    const claim = draftAs<PersistentVolumeClaim>(request.object ?? {})
    return compare(rule, claim.spec?.volumeAttributesClassName)
  }
  if (!isAbout(request, '', 'pods')) return false
  const spec = podOf(request).spec ?? {}
  switch (rule.scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0
    case 'BestEffort':
      return isBestEffort(request)
    case 'NotBestEffort':
      return !isBestEffort(request)
    case 'PriorityClass':
      return compare(rule, spec.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(request)
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

function isBestEffort(request: AdmissionRequest): boolean {
  const { containers = [], initContainers = [] } = podOf(request).spec ?? {}
  return [...containers, ...initContainers].every(({ resources }) => {
    const amounts = { ...resources?.requests, ...resources?.limits }
    return amounts['cpu'] === undefined && amounts['memory'] === undefined
  })
}

function reachesOtherNamespaces(request: AdmissionRequest): boolean {
  const { podAffinity, podAntiAffinity } = podOf(request).spec?.affinity ?? {}
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ])
  return terms.some((term) => term?.namespaces?.length || term?.namespaceSelector)
}
