// Those who watch the store: each has a place in the shared list of changes, none has a buffer
// of its own. In: "changes were applied". Out: batches, in order, filtered by prefix.

import type { Clock } from '../lib/clock.ts'
import type { WatchOptions } from './store.ts'
import { type Change, Compacted, SlowWatcher, type WatchBatch } from './store.ts'
import type { Versions } from './versions.ts'

/** Changes looked at for one batch; keeps a watcher far behind from blocking the loop. */
const batchLimit = 1000
/** A watcher with nothing of its own to see still learns the revision this often. */
const progressMs = 250

export interface Watchers {
  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch>
  /** Wakes those whose prefix one of `changes` has; the others soon after. */
  applied(changes: readonly Change[]): void
  close(error: Error): void
}

interface Watcher {
  readonly prefix: string
  wake: () => void
}

export function createWatchers(
  versions: Pick<Versions, 'revision' | 'changesFrom'>,
  clock: Clock,
): Watchers {
  const watchers = new Set<Watcher>()
  const life = new AbortController()
  let isProgressDue = false
  let closed: Error | undefined

  function wakeAll(): void {
    isProgressDue = false
    for (const watcher of watchers) watcher.wake()
  }

  return {
    async *watch(prefix, { fromRevision, signal }) {
      let next = fromRevision
      let seen = fromRevision - 1
      let isFirst = true
      let notify = () => {}
      const watcher: Watcher = { prefix, wake: () => notify() }
      const onAbort = () => notify()
      watchers.add(watcher)
      signal.addEventListener('abort', onAbort)
      try {
        while (!signal.aborted) {
          if (closed) throw closed
          const woken = new Promise<void>((resolve) => {
            notify = resolve
          })
          const changes = readFrom(next, isFirst)
          isFirst = false
          const last = changes.at(-1)
          if (last) next = last.revision + 1
          const reached = changes.length < batchLimit ? Math.max(versions.revision, seen) : next - 1
          next = Math.max(next, reached + 1)
          const wanted = changes.filter((change) => change.key.startsWith(prefix))
          if (wanted.length > 0 || reached > seen) {
            seen = reached
            yield { changes: wanted, revision: reached }
          } else await woken
        }
      } finally {
        watchers.delete(watcher)
        signal.removeEventListener('abort', onAbort)
      }
    },
    applied(changes) {
      for (const watcher of watchers) {
        if (changes.some((change) => change.key.startsWith(watcher.prefix))) watcher.wake()
      }
      if (watchers.size === 0 || isProgressDue) return
      isProgressDue = true
      void clock.sleep(progressMs, life.signal).then(wakeAll, () => {})
    },
    close(error) {
      closed = error
      life.abort()
      wakeAll()
    },
  }

  function readFrom(revision: number, isFirst: boolean): readonly Change[] {
    try {
      return versions.changesFrom(revision, batchLimit)
    } catch (error) {
      // Only a first read can be too old by request; later ones lost the race with compaction.
      if (error instanceof Compacted && !isFirst) throw new SlowWatcher(error.message)
      throw error
    }
  }
}
