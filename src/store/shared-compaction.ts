// Forgets the past of a store that several servers share: only one of them compacts at a time, by
// kube-apiserver's own protocol, so servers of both kinds may take part. Whoever writes
// compact_rev_key first in a round compacts to where the store was in the round before.

import type { Clock } from '../lib/clock.ts'
import type { Store } from './store.ts'

/** Outside of /registry, as upstream has it. */
export const compactionKey = 'compact_rev_key'

export interface SharedCompactionOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** As upstream's --etcd-compaction-interval: list pages and watches reach back at least as long. */
  readonly everyMs?: number
}

/** What a server knows of the rounds before. */
interface Round {
  /** The revision of the last write of the key; 0: never seen. */
  readonly seen: number
  /** Where the store was then; 0: not known. */
  readonly revision: number
}

/** Runs until the signal aborts. */
export async function runSharedCompaction(
  store: Store,
  { clock, signal, everyMs = 300_000 }: SharedCompactionOptions,
): Promise<void> {
  let round: Round = { seen: 0, revision: 0 }
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {})
    if (signal.aborted) return
    try {
      round = await compactOnce(store, round)
    } catch {
      // The store gives no answer: the next round looks.
    }
  }
}

/** One round; out: what it knows for the next. */
export async function compactOnce(store: Store, { seen, revision }: Round): Promise<Round> {
  const value = new TextEncoder().encode(String(revision))
  const written = await store.put(compactionKey, value, seen)
  // Another server was first in this round, and compacts.
  if (!written.ok) return { seen: written.current?.revision ?? 0, revision: written.revision }
  if (revision > 0) {
    // Refused where somebody compacted further by hand, which is as good.
    await store.compact(revision).catch(() => {})
  }
  return { seen: written.revision, revision: written.revision }
}
