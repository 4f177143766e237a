// Forgets the past of a store in time: what is older than five minutes, and sooner under a storm
// of writes, so that history never takes more memory than a fixed number of changes.

import type { Clock } from '../lib/clock.ts'
import type { Store } from './store.ts'

export interface CompactionOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** As upstream's compactor: list pages and watches may reach back this long. */
  readonly keepMs?: number
  readonly everyMs?: number
  readonly mostChanges?: number
}

interface Mark {
  readonly atMs: number
  readonly revision: number
}

/** Runs until the signal aborts. */
export async function runCompaction(store: Store, options: CompactionOptions): Promise<void> {
  const { clock, signal, keepMs = 300_000, everyMs = 10_000, mostChanges = 100_000 } = options
  let marks: Mark[] = []
  while (!signal.aborted) {
    const nowMs = clock.now().getTime()
    try {
      const revision = await store.revision()
      const compacted = await store.compactedRevision()
      marks = [...marks, { atMs: nowMs, revision }]
      const target = compactionTarget(marks, {
        oldestMs: nowMs - keepMs,
        oldest: revision - mostChanges,
      })
      if (target > compacted) await store.compact(target)
      marks = marks.filter((mark) => mark.revision > target || mark.atMs > nowMs - keepMs)
    } catch {
      // Another server of the same etcd was first, or etcd gives no answer: the next round looks.
    }
    await clock.sleep(everyMs, signal).catch(() => {})
  }
}

/** The latest revision that may go: known to be older than `oldestMs`, or before `oldest`. */
export function compactionTarget(
  marks: readonly Mark[],
  { oldestMs, oldest }: { readonly oldestMs: number; readonly oldest: number },
): number {
  const aged = marks.filter((mark) => mark.atMs <= oldestMs).map((mark) => mark.revision)
  return Math.max(0, oldest, ...aged)
}
