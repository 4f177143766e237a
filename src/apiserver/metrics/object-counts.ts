// How many objects of each resource are stored, asked for when somebody wants to know and kept for a
// minute. In: the registry, as any client would ask it. Nothing waits for an answer but a scrape.

import { type KindEntry, pathOf } from '../../api/kinds.ts'
import type { Clock } from '../../lib/clock.ts'
import type { LiveKinds } from '../discovery/discovery.ts'
import type { Reader } from '../reader.ts'
import type { Family } from './exposition.ts'

export interface StoredCounts {
  /** As lately known; asks anew, for later, when that is long ago. */
  of(group: string, plural: string): number | undefined
  families(): Promise<readonly Family[]>
}

export interface StoredCountsOptions {
  readonly reader: Pick<Reader, 'send'>
  readonly liveKinds: LiveKinds
  readonly clock: Clock
}

const freshMs = 60_000

interface Known {
  readonly atMs: number
  readonly count: number | undefined
}

export function createStoredCounts({
  reader,
  liveKinds,
  clock,
}: StoredCountsOptions): StoredCounts {
  const known = new Map<string, Known>()

  async function count(entry: KindEntry): Promise<number | undefined> {
    try {
      const answer: unknown = await reader.send({ method: 'GET', path: `${pathOf(entry)}?limit=1` })
      return countIn(answer)
    } catch {
      return undefined
    }
  }

  async function refresh(entry: KindEntry): Promise<number | undefined> {
    const found = await count(entry)
    known.set(`${entry.group}/${entry.plural}`, { atMs: clock.now().getTime(), count: found })
    return found
  }

  return {
    of(group, plural) {
      const key = `${group}/${plural}`
      const before = known.get(key)
      const nowMs = clock.now().getTime()
      if (before && nowMs - before.atMs < freshMs) return before.count
      // Others need not ask while this is under way.
      known.set(key, { atMs: nowMs, count: before?.count })
      const entry = stored(liveKinds()).find((one) => one.group === group && one.plural === plural)
      if (entry) void refresh(entry)
      return before?.count
    },
    async families() {
      const entries = stored(liveKinds())
      const counts = await Promise.all(entries.map(refresh))
      const found = entries.flatMap(({ group, plural }, index) => {
        const value = counts[index]
        return value === undefined ? [] : [{ group, plural, value }]
      })
      return [
        {
          name: 'apiserver_resource_objects',
          type: 'gauge',
          help: 'Objects stored, by resource.',
          samples: found.map(({ group, plural: resource, value }) => ({
            labels: { group, resource },
            value,
          })),
        },
        {
          name: 'apiserver_storage_objects',
          type: 'gauge',
          help: 'Objects stored, by resource and group in one.',
          samples: found.map(({ group, plural, value }) => ({
            labels: { resource: group ? `${plural}.${group}` : plural },
            value,
          })),
        },
      ]
    },
  }
}

/** One entry a resource: its versions hold the same objects. */
function stored(kinds: readonly KindEntry[]): readonly KindEntry[] {
  const first = new Map<string, KindEntry>()
  for (const entry of kinds) {
    const key = `${entry.group}/${entry.plural}`
    if (entry.stored !== false && entry.verbs.includes('list') && !first.has(key))
      first.set(key, entry)
  }
  return [...first.values()]
}

interface ListStart {
  readonly items?: readonly unknown[]
  readonly metadata?: { readonly remainingItemCount?: number }
}

function countIn(answer: unknown): number {
  const { items = [], metadata } = answer as ListStart
  return items.length + (metadata?.remainingItemCount ?? 0)
}
