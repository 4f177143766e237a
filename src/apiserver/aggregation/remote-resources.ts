// The resources of one group and version in another server's discovery documents, checked as far as
// they are read. Out: the form of aggregated discovery. Pure.

import { isDraft } from '../../api/draft.ts'
import type { RemoteService } from './api-service.ts'

export function fieldOf(value: unknown, name: string): unknown {
  return isDraft(value) ? value[name] : undefined
}

function listOf(value: unknown): readonly object[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item) : []
}

/** Of an APIGroupDiscoveryList; undefined where the answer is not one. */
export function resourcesIn(list: unknown, { group, version }: RemoteService) {
  if (fieldOf(list, 'kind') !== 'APIGroupDiscoveryList') return undefined
  const found = listOf(fieldOf(list, 'items'))
    .filter((item) => (fieldOf(fieldOf(item, 'metadata'), 'name') ?? '') === group)
    .flatMap((item) => listOf(fieldOf(item, 'versions')))
    .find((item) => fieldOf(item, 'version') === version)
  return listOf(fieldOf(found, 'resources'))
}

/** Of an APIResourceList, with its subresources put under their resources. */
export function resourcesFromLegacy(list: unknown, remote: RemoteService): readonly object[] {
  const flat = listOf(fieldOf(list, 'resources')).map((item) => ({
    item,
    names: String(fieldOf(item, 'name') ?? '').split('/'),
  }))
  return flat
    .filter(({ names }) => names.length === 1)
    .map(({ item, names: [plural] }) => {
      const below = flat.filter(({ names }) => names.length === 2 && names[0] === plural)
      return {
        resource: plural,
        responseKind: kindOf(item, remote),
        scope: fieldOf(item, 'namespaced') === true ? 'Namespaced' : 'Cluster',
        singularResource: fieldOf(item, 'singularName') ?? '',
        verbs: fieldOf(item, 'verbs') ?? [],
        ...withList(item, 'shortNames'),
        ...withList(item, 'categories'),
        ...(below.length > 0 && {
          subresources: below.map((sub) => ({
            subresource: sub.names[1],
            responseKind: kindOf(sub.item, remote),
            verbs: fieldOf(sub.item, 'verbs') ?? [],
          })),
        }),
      }
    })
}

function kindOf(item: object, { group, version }: RemoteService) {
  return {
    group: fieldOf(item, 'group') || group,
    version: fieldOf(item, 'version') || version,
    kind: fieldOf(item, 'kind') ?? '',
  }
}

function withList(item: object, name: string): object {
  const value = fieldOf(item, name)
  return Array.isArray(value) && value.length > 0 ? { [name]: value } : {}
}
