// The kind table: every built-in kind of Kubernetes 1.36, one entry each. REST paths, discovery,
// OpenAPI, storage keys, clients, listers, RBAC names and columns all come from here.

import facts from './kinds.gen.json' with { type: 'json' }
import type { KindMap } from './types.gen.ts'

export type Kind = keyof KindMap

export interface Subresource {
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly def?: string
  /** A stream or a proxied request, not an object. */
  readonly connect?: boolean
  readonly query?: readonly string[]
}

export interface KindEntry {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  /** Where it is not the kind's name with List after it. */
  readonly listKind?: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: Readonly<Record<string, Subresource>>
  /** Name of the schema definition in schema.gen.json. */
  readonly def: string
  /** False for kinds that are asked and answered but never kept (reviews, bindings). */
  readonly stored?: boolean
  readonly createOnly?: boolean
  readonly storageGroup?: string
  readonly storagePrefix?: string
  readonly storageVersion?: string
  readonly storageVersionHash?: string
  readonly versions?: readonly string[]
  readonly deleteReturns?: string
}

export const kinds: readonly KindEntry[] = facts

const byType = new Map<string, KindEntry>(kinds.map((entry) => [typeNameOf(entry), entry]))

/** The entry of a stored kind by its type's name, e.g. Pod, Deployment, EventsEvent. */
export function kindEntry(kind: Kind): KindEntry {
  const entry = byType.get(kind)
  if (!entry) throw new Error(`no kind ${kind} in the kind table`)
  return entry
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version
}

export function listKindOf({ kind, listKind }: KindEntry): string {
  return listKind ?? `${kind}List`
}

/** Where a kind's objects live: /api/v1/namespaces/N/pods, /apis/apps/v1/deployments, ... */
export function pathOf(
  entry: KindEntry,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const root = entry.group ? `/apis/${entry.group}/${entry.version}` : `/api/${entry.version}`
  return [
    root,
    ...(entry.namespaced && namespace ? ['namespaces', namespace] : []),
    entry.plural,
    ...(name ? [encodeURIComponent(name)] : []),
    ...(subresource ? [subresource] : []),
  ].join('/')
}

function typeNameOf({ group, version, kind }: KindEntry): string {
  if (group === 'events.k8s.io') return 'EventsEvent'
  if (group === 'resource.k8s.io' && kind === 'ResourceClaim') return 'ResourceResourceClaim'
  if (kind === 'HorizontalPodAutoscaler' && version === 'v1') return 'HorizontalPodAutoscalerV1'
  return kind
}
