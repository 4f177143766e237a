// The one watch of a store that all its watchers share: it is resumed where it broke, at the next
// member, so nothing is lost, nothing comes twice, and the order is that of the revisions.

import { backoffDelay } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Change, WatchBatch, WatchOptions } from '../../store.ts'
import { Compacted, SlowWatcher, StoreClosed } from '../../store.ts'
import { createWatchers } from '../../watchers.ts'
import { changesAfter } from './history.ts'
import { isPassing, type Members } from './members.ts'
import type { Mirror } from './mirror.ts'
import { createWindow } from './window.ts'

export interface FeedOptions {
  readonly members: Members
  /** Where it starts; later changes come by themselves. */
  readonly revision: number
  /** Hears of every change before the watchers do. */
  readonly mirror: Pick<Mirror, 'accept' | 'forget' | 'stall' | 'lose'>
  readonly clock: Clock
  readonly log: Log
}

export interface Feed {
  /** Up to where the changes are known. */
  readonly revision: number
  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch>
  /** Those who have not read beyond `revision` are told that they are too slow. */
  forget(revision: number): void
  close(): Promise<void>
}

const waits = { firstMs: 10, lastMs: 1000 }

export function createFeed({ members, revision, mirror, clock, log }: FeedOptions): Feed {
  const window = createWindow(revision)
  const watchers = createWatchers(window, clock)
  const stop = new AbortController()
  /** No watch begins at or before it; one that runs may still be on its way there. */
  let compacted = 0
  const running = follow()

  async function follow(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted; failures++) {
      const before = window.revision
      try {
        for await (const changes of changesAfter(members, before, stop.signal)) accept(changes)
      } catch (error) {
        if (stop.signal.aborted) return
        if (error instanceof Compacted) skipTo(error.compactedRevision)
        else log.warn('the watch of etcd broke', { reason: String(error), at: window.revision })
      }
      mirror.stall()
      if (window.revision > before) failures = 0
      await clock.sleep(backoffDelay(waits, failures), stop.signal).catch(() => {})
    }
  }

  function accept(changes: readonly Change[]): void {
    const fresh = window.add(changes)
    if (fresh.length === 0) return
    mirror.accept(fresh)
    mirror.forget(window.base)
    watchers.applied(fresh)
  }

  /** Of what is still on its way nothing is dropped: all that come after need it. */
  function forget(upTo: number): void {
    compacted = Math.max(compacted, upTo)
    window.forget(Math.min(upTo, window.revision))
    mirror.forget(upTo)
    // Wakes everybody: whoever stands before it finds out.
    watchers.applied([])
  }

  /** The changes up to there will not come any more. */
  function skipTo(upTo: number): void {
    window.forget(upTo)
    forget(upTo)
    mirror.lose()
  }

  /** What the window no longer holds, from etcd; ends where the window goes on. */
  async function* replay(
    next: number,
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchBatch> {
    const target = window.revision
    for (let failures = 0; next <= target && !signal.aborted; failures++) {
      try {
        for await (const changes of changesAfter(members, next - 1, signal)) {
          next = (changes.at(-1)?.revision ?? next - 1) + 1
          failures = 0
          yield { changes: changes.filter(({ key }) => key.startsWith(prefix)), revision: next - 1 }
          if (next > target) return
        }
      } catch (error) {
        if (!isPassing(error)) throw error
        await clock.sleep(backoffDelay(waits, failures), signal).catch(() => {})
      }
    }
  }

  return {
    get revision() {
      return window.revision
    },
    forget,
    async *watch(prefix, { fromRevision, signal }) {
      // The first revision that is a change is 2.
      let next = Math.max(2, fromRevision)
      if (next <= compacted) throw new Compacted(compacted)
      const ended = AbortSignal.any([signal, stop.signal])
      try {
        while (!ended.aborted) {
          try {
            const batches =
              next > window.base
                ? watchers.watch(prefix, { fromRevision: next, signal: ended })
                : replay(next, prefix, ended)
            for await (const batch of batches) {
              next = batch.revision + 1
              yield batch
            }
          } catch (error) {
            // The window moved on before the first look at it: etcd may have what it dropped.
            if (!(error instanceof Compacted && next > window.base)) throw error
          }
        }
      } catch (error) {
        if (error instanceof Compacted && next > fromRevision) throw new SlowWatcher(error.message)
        throw error
      }
      if (!signal.aborted) throw new StoreClosed('the store is closed')
    },
    async close() {
      stop.abort()
      watchers.close(new StoreClosed('the store is closed'))
      await running
    },
  }
}
