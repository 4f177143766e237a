// Objects of any served kind by apiVersion and kind, as policies name their parameters.

import type { Store } from '../../store/store.ts'
import type { ApiObject } from './api-object.ts'
import { decodeServed } from './object-form.ts'
import { keyOf, prefixOf, type Resource, storeOf } from './resource.ts'

export interface KindName {
  readonly apiVersion: string
  readonly kind: string
}

export interface KindLookup {
  readonly group: string
  readonly plural: string
  readonly isNamespaced: boolean
  get(namespace: string, name: string): Promise<ApiObject | undefined>
  list(namespace: string): Promise<readonly ApiObject[]>
}

/** Undefined while no such kind is served. */
export function lookUpKind(
  store: Store,
  resources: Iterable<Resource>,
  { apiVersion, kind }: KindName,
): KindLookup | undefined {
  for (const resource of resources) {
    if (resource.apiVersion !== apiVersion || resource.entry.kind !== kind) continue
    const seen = storeOf(resource, store)
    return {
      group: resource.entry.group,
      plural: resource.entry.plural,
      isNamespaced: resource.entry.namespaced,
      async get(namespace, name) {
        const entry = await seen.get(keyOf(resource, namespace, name))
        return entry && decodeServed(resource, entry)
      },
      async list(namespace) {
        const { entries } = await seen.range(prefixOf(resource, namespace))
        return entries.map((entry) => decodeServed(resource, entry))
      },
    }
  }
  return undefined
}
