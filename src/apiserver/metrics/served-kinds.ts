// Which resources there are, and which of them are deprecated: what the labels of requests may say.

import type { KindEntry } from '../../api/kinds.ts'
import type { LiveKinds } from '../discovery/discovery.ts'
import { derived } from '../discovery/document.ts'
import { deprecationOf } from '../registry/deprecated-kinds.ts'
import type { Registry } from '../registry/registry.ts'

export interface ResourceId {
  readonly group: string
  readonly version: string
  /** The plural. */
  readonly resource: string
}

export interface ServedKinds {
  isServed(id: ResourceId): boolean
  isDeprecated(id: ResourceId): boolean
}

/** Versions of custom resources say in `resourceOf` that they are deprecated. */
export function servedKinds(
  liveKinds: LiveKinds,
  resourceOf?: Registry['resourceOf'],
): ServedKinds {
  const entries = derived(liveKinds, (live) => new Map(live.map((entry) => [keyOf(entry), entry])))
  const entryOf = ({ group, version, resource }: ResourceId) =>
    entries().get(keyOf({ group, version, plural: resource }))
  return {
    isServed: (id) => entryOf(id) !== undefined,
    isDeprecated(id) {
      const entry = entryOf(id)
      if (!entry) return false
      const { group, version, resource } = id
      return (
        deprecationOf(entry) !== undefined ||
        resourceOf?.(group, version, resource)?.warnings !== undefined
      )
    },
  }
}

function keyOf({ group, version, plural }: Pick<KindEntry, 'group' | 'version' | 'plural'>) {
  return `${group}/${version}/${plural}`
}
