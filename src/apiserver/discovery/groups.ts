// The served kinds arranged as discovery shows them: groups, versions, resources.

import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { compareGroups, compareVersions } from './group-order.ts'

export interface ServedVersion {
  readonly version: string
  readonly groupVersion: string
  readonly kinds: readonly KindEntry[]
}

export interface ServedGroup {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly [ServedVersion, ...ServedVersion[]]
}

export function servedGroups(kinds: readonly KindEntry[]): readonly ServedGroup[] {
  const byGroup = Map.groupBy(kinds, ({ group }) => group)
  return [...byGroup]
    .sort(([a], [b]) => compareGroups(a, b))
    .flatMap(([name, members]) => {
      const [first, ...others] = servedVersions(members)
      return first ? [{ name, versions: [first, ...others] as const }] : []
    })
}

function servedVersions(kinds: readonly KindEntry[]): readonly ServedVersion[] {
  const byVersion = Map.groupBy(kinds, ({ version }) => version)
  return [...byVersion]
    .sort(([a], [b]) => compareVersions(a, b))
    .map(([version, members]) => ({
      version,
      groupVersion: apiVersionOf({ group: members[0]?.group ?? '', version }),
      kinds: members.toSorted((a, b) => a.plural.localeCompare(b.plural)),
    }))
}
