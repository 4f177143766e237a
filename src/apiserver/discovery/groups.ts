// What is served arranged as discovery shows it: groups, versions, resources. In: the kinds served
// here, and what APIServices say of other servers and of the order.

import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { compareVersions, type Priority, usualPriority } from './group-order.ts'

export interface ServedVersion {
  readonly version: string
  readonly groupVersion: string
  /** Those served here. */
  readonly kinds: readonly KindEntry[]
  /** Set where another server serves this version. */
  readonly remote?: RemoteVersion
}

export interface ServedGroup {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly [ServedVersion, ...ServedVersion[]]
}

export interface RemoteVersion {
  readonly group: string
  readonly version: string
  /** In the form of aggregated discovery; none while the server has not said. */
  readonly resources: readonly object[]
  readonly isCurrent: boolean
}

/** What APIServices add to the kinds; another object once it changes. */
export interface Aggregated {
  /** By group/version. */
  readonly priorities: ReadonlyMap<string, Priority>
  readonly remotes: readonly RemoteVersion[]
}

export const nothingAggregated: Aggregated = { priorities: new Map(), remotes: [] }

export function servedGroups(
  kinds: readonly KindEntry[],
  { priorities, remotes }: Aggregated = nothingAggregated,
): readonly ServedGroup[] {
  const versions = new Map<string, Ranked>()
  const add = (group: string, served: ServedVersion) => {
    const key = `${group}/${served.version}`
    const priority = priorities.get(key) ?? usualPriority(group, served.version)
    versions.set(key, { group, served, priority })
  }
  for (const members of Map.groupBy(kinds, apiVersionOf).values()) addLocal(members, add)
  // Another server's word counts before this one's.
  for (const remote of remotes) {
    const { group, version } = remote
    add(group, { version, groupVersion: apiVersionOf(remote), kinds: [], remote })
  }
  return [...Map.groupBy(versions.values(), ({ group }) => group).values()]
    .sort((a, b) => groupRank(b) - groupRank(a) || compareText(nameOf(a), nameOf(b)))
    .flatMap((members) => {
      const [first, ...others] = members.toSorted(compareRanked).map(({ served }) => served)
      return first ? [{ name: nameOf(members), versions: [first, ...others] as const }] : []
    })
}

interface Ranked {
  readonly group: string
  readonly served: ServedVersion
  readonly priority: Priority
}

function addLocal(
  members: readonly KindEntry[],
  add: (group: string, served: ServedVersion) => void,
): void {
  const [first] = members
  if (!first) return
  add(first.group, {
    version: first.version,
    groupVersion: apiVersionOf(first),
    kinds: members.toSorted((a, b) => a.plural.localeCompare(b.plural)),
  })
}

/** A group is where the highest of its versions wants it. */
function groupRank(members: readonly Ranked[]): number {
  return Math.max(...members.map(({ priority }) => priority.group))
}

function compareRanked(a: Ranked, b: Ranked): number {
  return (
    b.priority.version - a.priority.version || compareVersions(a.served.version, b.served.version)
  )
}

function nameOf([first]: readonly Ranked[]): string {
  return first?.group ?? ''
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
