// Plan: which APIServices this server keeps registered by itself, for its own groups and for those
// of custom resources, and what to do where the stored ones differ. Source: kube-aggregator's
// autoregister controller.

import { apiVersionOf, kinds } from '../../api/kinds.ts'
import type { APIService, CustomResourceDefinition } from '../../api/types.gen.ts'
import { usualPriority } from '../discovery/group-order.ts'
import { groupVersionKey } from './api-service.ts'

const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'
export const aggregatorGroup = 'apiregistration.k8s.io'

/** `onstart` ones are seen to once, when the server starts; the others always. */
type Managed = 'onstart' | 'true'

/** One for each group and version served here, but for that of APIServices themselves. */
export function builtinRegistrations(): readonly APIService[] {
  const versions = new Map(kinds.map((entry) => [apiVersionOf(entry), entry]))
  return [...versions.values()]
    .filter(({ group }) => group !== aggregatorGroup)
    .map((entry) => registration(entry, 'onstart'))
}

/** One for each group and version that a definition has established. */
export function customRegistrations(
  definitions: Iterable<CustomResourceDefinition>,
): readonly APIService[] {
  const wanted = new Map<string, APIService>()
  for (const { spec, status } of definitions) {
    const isEstablished = status?.conditions?.some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    )
    for (const { name: version, served } of isEstablished ? spec.versions : []) {
      const place = { group: spec.group, version }
      if (served) wanted.set(groupVersionKey(place), registration(place, 'true'))
    }
  }
  return [...wanted.values()]
}

function registration(
  { group, version }: { group: string; version: string },
  managed: Managed,
): APIService {
  const priority = usualPriority(group, version)
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { [managedLabel]: managed } },
    spec: {
      ...(group && { group }),
      version,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
  }
}

export type RegistrationStep =
  | { readonly verb: 'create' | 'update'; readonly object: APIService }
  | { readonly verb: 'delete'; readonly name: string }

export interface RegistrationFacts {
  readonly desired: APIService | undefined
  readonly current: APIService | undefined
  /** The stored one was there when the server started. */
  readonly wasThereAtStart: boolean
  /** It was seen to before, by this server. */
  readonly isSettled: boolean
}

/** What to do about one name; undefined: nothing. */
export function planRegistration(facts: RegistrationFacts): RegistrationStep | undefined {
  const { desired, current, wasThereAtStart, isSettled } = facts
  if (managedOf(desired) === 'onstart' && isSettled) return undefined
  if (!current) return desired && { verb: 'create', object: desired }
  const managed = managedOf(current)
  if (!managed) return undefined
  if (managed === 'onstart' && (!wasThereAtStart || isSettled)) return undefined
  if (!desired) return { verb: 'delete', name: current.metadata.name }
  if (isSameSpec(current, desired)) return undefined
  return { verb: 'update', object: { ...current, spec: desired.spec } }
}

function managedOf(service: APIService | undefined): Managed | undefined {
  const label = service?.metadata.labels?.[managedLabel]
  return label === 'onstart' || label === 'true' ? label : undefined
}

function isSameSpec({ spec: a }: APIService, { spec: b }: APIService): boolean {
  const isLocal = !a.service && !a.caBundle && !a.insecureSkipTLSVerify
  return (
    isLocal &&
    a.group === b.group &&
    a.version === b.version &&
    a.groupPriorityMinimum === b.groupPriorityMinimum &&
    a.versionPriority === b.versionPriority
  )
}
