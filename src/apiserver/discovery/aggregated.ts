// Aggregated discovery (KEP-3352): every group, version and resource in one document.

import type { KindEntry } from '../../api/kinds.ts'
import type { ServedGroup } from './groups.ts'

export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** Whether the client asks for this form; v2 is the only version left. */
export function wantsAggregated(accept: string): boolean {
  return accept.split(',').some((type) => {
    const parameters = new Set(type.split(';').map((part) => part.trim()))
    return (
      parameters.has('as=APIGroupDiscoveryList') &&
      parameters.has('g=apidiscovery.k8s.io') &&
      parameters.has('v=v2')
    )
  })
}

export function aggregatedList(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name && { name }), creationTimestamp: null },
      versions: versions.map(({ version, kinds, remote }) => ({
        version,
        resources: remote?.resources ?? kinds.map(resource),
        freshness: remote && !remote.isCurrent ? 'Stale' : 'Current',
      })),
    })),
  }
}

function resource(entry: KindEntry): object {
  const { group, version, kind, plural, singular, namespaced, verbs } = entry
  const subresources = Object.entries(entry.subresources ?? {}).map(([name, of]) => ({
    subresource: name,
    responseKind: { group: of.group ?? group, version: of.version ?? version, kind: of.kind },
    verbs: of.verbs,
  }))
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(entry.shortNames && { shortNames: entry.shortNames }),
    ...(entry.categories && { categories: entry.categories }),
    ...(subresources.length > 0 && { subresources }),
  }
}
