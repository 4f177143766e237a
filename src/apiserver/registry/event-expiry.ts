// Events are kept for an hour after they were last written; nobody deletes them one by one.
// Source of the time: kube-apiserver's --event-ttl.

import { kindEntry } from '../../api/kinds.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Entry, type Store, StoreClosed } from '../../store/store.ts'
import { storagePrefixOf } from './storage-prefix.ts'

const keptMs = 60 * 60 * 1000
const everyMs = 60 * 1000

/** What was seen of each Event's key: the revision, and when that revision was first seen. */
export type Sightings = ReadonlyMap<string, { readonly revision: number; readonly sinceMs: number }>

/**
 * In: the Events there are and what was seen of them before. Out: the new sightings, and those
 * Events whose revision has been the same for too long.
 */
export function planExpiry(
  entries: readonly Entry[],
  seen: Sightings,
  nowMs: number,
): { readonly seen: Sightings; readonly expired: readonly Entry[] } {
  const next = new Map(
    entries.map((entry) => {
      const before = seen.get(entry.key)
      const sinceMs = before?.revision === entry.revision ? before.sinceMs : nowMs
      return [entry.key, { revision: entry.revision, sinceMs }]
    }),
  )
  const expired = entries.filter(({ key }) => nowMs - (next.get(key)?.sinceMs ?? nowMs) >= keptMs)
  return { seen: next, expired }
}

/** Deletes what is too old, every minute, until the signal aborts. */
export async function expireEvents(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const prefix = storagePrefixOf(kindEntry('Event'))
  let seen: Sightings = new Map()
  while (!signal.aborted) {
    try {
      const { entries } = await store.range(prefix)
      const plan = planExpiry(entries, seen, clock.now().getTime())
      seen = plan.seen
      for (const { key, revision } of plan.expired) await store.delete(key, revision)
      await clock.sleep(everyMs, signal)
    } catch (error) {
      // A store that is closing or full is no reason to stop looking; the signal is.
      if (error instanceof StoreClosed || signal.aborted) return
      await clock.sleep(everyMs, signal).catch(() => {})
    }
  }
}
