// The Store over a log on this machine: versions in memory, group commit, then visible.
// A write is checked against the newest state, accepted or durable; it is seen and answered only
// once its batch is on disk. Readers therefore never see what a crash could take back.

import { type Clock, systemClock } from '../lib/clock.ts'
import type { LogDriver, LogRecord } from './driver.ts'
import { type Change, type Store, StoreClosed, type WriteResult } from './store.ts'
import { createVersions } from './versions.ts'
import { createWatchers } from './watchers.ts'

/** Writes waiting for the disk; beyond it put() waits for room. */
const queueLimit = 4096
/** Of the values synced at once; one larger value goes alone. */
const batchBytes = 16 << 20

interface Pending {
  readonly record: LogRecord
  readonly resolve: (result: WriteResult) => void
  readonly reject: (error: unknown) => void
}

export interface LocalStoreOptions {
  readonly clock?: Clock
}

export async function openLocalStore(
  log: LogDriver,
  { clock = systemClock }: LocalStoreOptions = {},
): Promise<Store> {
  const versions = createVersions()
  try {
    await log.load({
      snapshot({ revision, entries }) {
        for (const entry of entries) versions.restore(entry)
        versions.startAt(revision, revision)
      },
      record: (record) => versions.apply(changeOf(record)),
    })
  } catch (error) {
    await log[Symbol.asyncDispose]()
    throw error
  }
  const watchers = createWatchers(versions, clock)
  /** The revision each key will have when all accepted writes are durable; 0: deleted. */
  const accepted = new Map<string, number>()
  let lastRevision = versions.revision
  let queue: Pending[] = []
  /** The result of the write that was accepted last: once it settles, all before it have. */
  let lastAccepted: Promise<unknown> = Promise.resolve()
  let flushing: Promise<void> | undefined
  let snapshotting: Promise<void> | undefined
  let isClosed = false

  function changeOf({ key, value, revision }: LogRecord): Change {
    const previous = versions.get(key)
    if (value) return { type: 'put', key, value, revision, ...(previous && { previous }) }
    return {
      type: 'delete',
      key,
      value: previous?.value ?? new Uint8Array(),
      revision,
      ...(previous && { previous }),
    }
  }

  async function write(
    key: string,
    value: Uint8Array | undefined,
    expected: number,
  ): Promise<WriteResult> {
    while (queue.length >= queueLimit) await lastAccepted.catch(() => {})
    if (isClosed) throw new StoreClosed('the store is closed')
    const known = accepted.get(key) ?? versions.get(key)?.revision ?? 0
    if (known !== expected || (!value && known === 0)) return refuse(key, value, expected)
    const revision = ++lastRevision
    accepted.set(key, value ? revision : 0)
    const result = new Promise<WriteResult>((resolve, reject) => {
      queue.push({ record: { key, value, revision }, resolve, reject })
    })
    lastAccepted = result
    flushing ??= Promise.resolve().then(flushAll)
    return result
  }

  /** Answers from what is durable; where that does not stand in the way, the write is done. */
  async function refuse(
    key: string,
    value: Uint8Array | undefined,
    expected: number,
  ): Promise<WriteResult> {
    if (accepted.has(key)) await lastAccepted.catch(() => {})
    const current = versions.get(key)
    const known = current?.revision ?? 0
    const isRefused = known !== expected || (!value && known === 0)
    if (!isRefused) return write(key, value, expected)
    return { ok: false, current, revision: versions.revision }
  }

  async function flushAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchSize(queue))
      try {
        await log.append(batch.map(({ record }) => record))
      } catch (error) {
        giveUp([...batch, ...queue], error)
        continue
      }
      commit(batch)
      if (log.wantsSnapshot() && !isClosed) snapshotting ??= takeSnapshot()
    }
    // Cleared in the same turn as the last look at the queue: a write that comes next starts anew.
    flushing = undefined
  }

  function commit(batch: readonly Pending[]): void {
    const changes = batch.map(({ record }) => {
      const change = changeOf(record)
      versions.apply(change)
      if (accepted.get(record.key) === (record.value ? record.revision : 0))
        accepted.delete(record.key)
      return change
    })
    for (const { record, resolve } of batch) resolve({ ok: true, revision: record.revision })
    watchers.applied(changes)
  }

  /** What followed in the queue was checked against what failed, so it fails as well. */
  function giveUp(writes: readonly Pending[], error: unknown): void {
    queue = []
    accepted.clear()
    lastRevision = versions.revision
    for (const { reject } of writes) reject(error)
  }

  async function takeSnapshot(): Promise<void> {
    try {
      await log.writeSnapshot({ revision: versions.revision, entries: [...versions.live()] })
    } catch {
      // The log keeps its older files, and asks again once it has grown.
    } finally {
      snapshotting = undefined
    }
  }

  return {
    revision: async () => versions.revision,
    compactedRevision: async () => versions.compactedRevision,
    get: async (key, revision) => versions.get(key, revision),
    range: async (prefix, options = {}) => versions.range(prefix, options),
    put: (key, value, expected) => write(key, value, expected),
    delete: (key, expected) => write(key, undefined, expected),
    watch: (prefix, options) => watchers.watch(prefix, options),
    compact: async (revision) => versions.compact(revision),
    async [Symbol.asyncDispose]() {
      isClosed = true
      await flushing
      await snapshotting
      watchers.close(new StoreClosed('the store is closed'))
      await log[Symbol.asyncDispose]()
    },
  }
}

/** How many of `queue` are written at once. */
function batchSize(queue: readonly Pending[]): number {
  let bytes = 0
  const end = queue.findIndex(({ record }, index) => {
    bytes += record.value?.length ?? 0
    return bytes > batchBytes && index > 0
  })
  return end < 0 ? queue.length : end
}
