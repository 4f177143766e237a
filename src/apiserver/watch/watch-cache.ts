// One resource's recent changes, fed by one watch of the store and shared by all its watchers.
// In: the store's batches. Out: batches for every watcher that is attached; each watcher sees every
// change after the revision it named, once and in order. The first change after a quiet moment goes
// out at once; under many changes and many watchers some are collected and go out together.

import { setImmediate as nextTurn } from 'node:timers/promises'
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
/** Watchers served in one turn: some milliseconds. */
const watchersPerTurn = 256
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
  /** Changes up to here are with every watcher; those after it are collected or on their way. */
  let handed = 0
  let handedMs = 0
  let isHandingOut = false
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
    // Those who came meanwhile have not seen what happened up to here.
    endAll()
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
    if (!isHandingOut) void handOut()
  }

  /** Until every watcher has everything. */
  async function handOut(): Promise<void> {
    isHandingOut = true
    while (handed < revision && !signal.aborted) {
      const pauseMs = Math.min(longestPauseMs, Math.floor(watchers.size / watchersPerMs))
      const leftMs = Math.min(pauseMs, handedMs + pauseMs - clock.now().getTime())
      if (leftMs > 0 && bytes < windowBytes) await clock.sleep(leftMs, signal).catch(() => {})
      // Behind the answer to whoever wrote.
      else if (pauseMs > 0) await nextTurn()
      await serveAll(revision)
    }
    isHandingOut = false
  }

  /** One round: what was collected up to here, to all watchers that have not seen it. */
  async function serveAll(upTo: number): Promise<void> {
    const { changes } = batchAfter(window, handed, upTo)
    const batch = new ChangeBatch(changes, upTo)
    const first = changes[0]?.revision ?? upTo
    if (changes.length > 0) handedMs = clock.now().getTime()
    let served = 0
    for (const [watcher, after] of watchers) {
      if (after >= upTo) continue
      watcher.accept(after < first ? batch : batchAfter(window, after, upTo))
      watchers.set(watcher, upTo)
      if (++served % watchersPerTurn === 0) await nextTurn()
    }
    handed = Math.max(handed, upTo)
    trim()
  }

  /** Only what all watchers have may go. */
  function trim(): void {
    if (window.length <= windowChanges && bytes <= windowBytes) return
    let drop = 0
    while (window.length - drop > windowChanges / 2 || bytes > windowBytes / 2) {
      const change = window[drop]
      if (!change || change.revision > handed) break
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
      if (after < revision) watcher.accept(batchAfter(window, after, revision))
      watchers.set(watcher, Math.max(after, revision))
      ended.addEventListener('abort', () => watchers.delete(watcher), { once: true })
    },
  }
}

/** Of changes in order those after `after`, up to `upTo`. */
function batchAfter(changes: readonly Change[], after: number, upTo: number): ChangeBatch {
  let end = changes.length
  while (end > 0 && (changes[end - 1]?.revision ?? 0) > upTo) end--
  let start = end
  while (start > 0 && (changes[start - 1]?.revision ?? 0) > after) start--
  return new ChangeBatch(changes.slice(start, end), upTo)
}
