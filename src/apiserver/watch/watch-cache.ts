// One resource's recent changes, fed by one watch of the store and shared by all its watchers.
// In: the store's batches. Out: batches for every watcher that is attached; each watcher sees every
// change after the revision it named, once and in order. The first change after a quiet moment goes
// out at once; under many changes and many watchers, some are collected and go out together.

import type { Clock } from '../../lib/clock.ts'
import { type Change, Compacted, type Store } from '../../store/store.ts'
import type { Frame } from '../request.ts'

/** Changes kept for watchers that come back; older ones are read from the store. */
const windowChanges = 2000
const windowBytes = 8 * 1024 * 1024
/**
 * How long changes may be collected between two rounds to the watchers: what a round costs is in
 * proportion to them. Below 20 watchers nothing is, and never for more than 10 ms.
 */
const watchersPerMs = 20
const longestPauseMs = 10
/** After the store's watch broke (it fell behind, or an etcd member left). */
const restartMs = 100

/** Changes up to and including `revision`, with room to share what watchers make of them. */
export class ChangeBatch {
  readonly changes: readonly Change[]
  readonly revision: number
  readonly #shared = new Map<string, Frame | undefined>()

  constructor(changes: readonly Change[], revision: number) {
    this.changes = changes
    this.revision = revision
  }

  /** What `make` returns for `key`, made once for all watchers that ask alike. */
  shared(key: string, make: (changes: readonly Change[]) => Frame | undefined): Frame | undefined {
    const known = this.#shared.get(key)
    if (known || this.#shared.has(key)) return known
    const frame = make(this.changes)
    this.#shared.set(key, frame)
    return frame
  }
}

export interface Watcher {
  /** Called in revision order, never twice with the same change. */
  accept(batch: ChangeBatch): void
  /** Resolves when its client keeps up: what is read for it alone waits for that. */
  ready(): Promise<void>
  /** No more will come: the server stops, or the store's watch broke. */
  end(): void
}

export interface WatchCache {
  /**
   * Hands `watcher` every change after revision `after` until `signal` aborts. Resolves once the
   * watcher has all that is known and gets the rest as it happens. Throws Compacted.
   */
  attach(watcher: Watcher, after: number, signal: AbortSignal): Promise<void>
  /** Everything up to here has been handed to the attached watchers. */
  readonly revision: number
}

export interface WatchCacheOptions {
  readonly store: Store
  readonly clock: Clock
  /** Key prefix of the resource. */
  readonly prefix: string
  readonly signal: AbortSignal
}

export function createWatchCache({ store, clock, prefix, signal }: WatchCacheOptions): WatchCache {
  /** Watchers with the revision from which each has all. */
  const watchers = new Map<Watcher, number>()
  let window: Change[] = []
  let bytes = 0
  /** The window holds every change after `base`, up to `revision`. */
  let base = 0
  let revision = 0
  /** Changes up to here are with the watchers; those after it are collected. */
  let handed = 0
  let handedMs = 0
  let isCollecting = false
  let started: Promise<void> | undefined

  async function start(): Promise<void> {
    revision = await store.revision()
    base = revision
    handed = revision
    void follow()
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        const batches = store.watch(prefix, { fromRevision: revision + 1, signal })
        for await (const batch of batches) take(batch.changes, batch.revision)
      } catch {
        // Whatever broke it, the watchers resume from their last revision at the store.
        endAll()
        await clock.sleep(restartMs, signal).catch(() => {})
        if (!signal.aborted) await restart().catch(() => {})
      }
    }
    endAll()
  }

  async function restart(): Promise<void> {
    revision = await store.revision()
    base = revision
    handed = revision
    window = []
    bytes = 0
  }

  function endAll(): void {
    for (const watcher of [...watchers.keys()]) watcher.end()
    watchers.clear()
  }

  function take(changes: readonly Change[], upTo: number): void {
    for (const change of changes) {
      window.push(change)
      bytes += change.value.length
    }
    revision = upTo
    const pauseMs = Math.min(longestPauseMs, Math.floor(watchers.size / watchersPerMs))
    const leftMs = Math.min(pauseMs, handedMs + pauseMs - clock.now().getTime())
    const isNothing = changes.length === 0 && !isCollecting
    if (leftMs <= 0 || isNothing || bytes > windowBytes) handOut()
    else if (!isCollecting) void collect(leftMs)
    trim()
  }

  async function collect(forMs: number): Promise<void> {
    isCollecting = true
    await clock.sleep(forMs, signal).catch(() => {})
    isCollecting = false
    if (!signal.aborted) handOut()
  }

  /** Every watcher gets what was collected. */
  function handOut(): void {
    if (handed === revision) return
    const batch = batchAfter(window, handed, revision)
    if (batch.changes.length > 0) handedMs = clock.now().getTime()
    const first = batch.changes[0]?.revision ?? revision
    handed = revision
    for (const [watcher, after] of watchers) {
      if (after >= revision) continue
      watcher.accept(after < first ? batch : batchAfter(window, after, revision))
      watchers.set(watcher, revision)
    }
  }

  /** Only what was handed out may go. */
  function trim(): void {
    if (handed < revision) return
    if (window.length <= windowChanges && bytes <= windowBytes) return
    let drop = 0
    while (window.length - drop > windowChanges / 2 || bytes > windowBytes / 2) {
      const change = window[drop]
      if (!change) break
      bytes -= change.value.length
      base = change.revision
      drop++
    }
    window = window.slice(drop)
  }

  /** Reads what the window no longer holds from the store; returns the revision reached. */
  async function catchUp(watcher: Watcher, from: number, ended: AbortSignal): Promise<number> {
    let after = from
    const compacted = await store.compactedRevision()
    if (after < compacted) throw new Compacted(compacted)
    for await (const batch of store.watch(prefix, { fromRevision: after + 1, signal: ended })) {
      watcher.accept(new ChangeBatch(batch.changes, batch.revision))
      after = batch.revision
      if (after >= base) break
      await watcher.ready()
    }
    return after
  }

  return {
    get revision() {
      return handed
    },
    async attach(watcher, from, ended) {
      started ??= start().catch((error) => {
        // The store gave no answer: the next watcher asks again.
        started = undefined
        throw error
      })
      await started
      let after = from
      while (after < base && !ended.aborted) after = await catchUp(watcher, after, ended)
      if (ended.aborted || signal.aborted) return watcher.end()
      handOut()
      if (after < revision) watcher.accept(batchAfter(window, after, revision))
      watchers.set(watcher, Math.max(after, revision))
      ended.addEventListener('abort', () => watchers.delete(watcher), { once: true })
    },
  }
}

function batchAfter(changes: readonly Change[], after: number, upTo: number): ChangeBatch {
  let start = changes.length
  while (start > 0 && (changes[start - 1]?.revision ?? 0) > after) start--
  return new ChangeBatch(changes.slice(start), upTo)
}
