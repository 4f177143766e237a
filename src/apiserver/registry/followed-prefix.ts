// The entries below a prefix of the store, in memory, for what nearly every write asks about:
// namespaces, quotas, webhooks, policies. In: this server's own writes as they are acknowledged, so
// that each counts for the next request, and those of other servers as the watch tells of them.
// Out: entries, or "read the store" while the two are not whole.

import type { Clock } from '../../lib/clock.ts'
import type { Change, Entry, Store, WatchBatch } from '../../store/store.ts'

export interface FollowedPrefix {
  /** False: what is here is not all, so the store must be asked. Starts to follow when first asked. */
  isWhole(): boolean
  get(key: string): Entry | undefined
  /** In order; the same list while nothing in it changes. `folder` ends with a slash. */
  list(folder: string): readonly Entry[]
  /** A write of this server; `value` is absent after a delete. */
  written(key: string, value: Uint8Array | undefined, revision: number): void
  /** Resolves after the signal has aborted and nothing is followed any more. */
  readonly ended: Promise<void>
}

export interface FollowOptions {
  readonly store: Pick<Store, 'range' | 'watch'>
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Until it is tried again after a watch that broke. */
const retryMs = 1000

/** What is known of a key; without a value it was deleted at that revision. */
type Known = Omit<Entry, 'value'> & { readonly value: Uint8Array | undefined }

/** The same list for every folder that has nothing. */
const nothing: readonly Entry[] = []

interface Folder {
  readonly keys: Map<string, Known>
  list: readonly Entry[] | undefined
}

export function followPrefix(prefix: string, options: FollowOptions): FollowedPrefix {
  const { store, clock, signal } = options
  const folders = new Map<string, Folder>()
  /** Keys that were deleted: what comes of them later must be newer. */
  const gone = new Set<string>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let isWhole = false
  let isStarted = false
  const endUnlessStarted = () => isStarted || end()
  if (signal.aborted) end()
  else signal.addEventListener('abort', endUnlessStarted, { once: true })

  function folderOf(path: string): Folder {
    const present = folders.get(path)
    if (present) return present
    const made: Folder = { keys: new Map(), list: undefined }
    folders.set(path, made)
    return made
  }

  function take(known: Known): void {
    const { key } = known
    const folder = folderOf(pathOf(key))
    if ((folder.keys.get(key)?.revision ?? 0) >= known.revision) return
    folder.keys.set(key, known)
    folder.list = undefined
    if (known.value) gone.delete(key)
    else gone.add(key)
  }

  /** No news of what was before `revision` can come any more. */
  function forgetGone(revision: number): void {
    for (const key of gone) {
      const path = pathOf(key)
      const folder = folderOf(path)
      if ((folder.keys.get(key)?.revision ?? 0) > revision) continue
      folder.keys.delete(key)
      if (folder.keys.size === 0) folders.delete(path)
      gone.delete(key)
    }
  }

  function takeBatch({ changes, revision }: WatchBatch): void {
    for (const change of changes) take(knownOf(change))
    if (gone.size > 0) forgetGone(revision)
  }

  async function followOnce(): Promise<void> {
    const { entries, revision } = await store.range(prefix)
    for (const [path, folder] of folders) {
      // What is not there any more was deleted by another server while nobody told.
      for (const [key, known] of folder.keys)
        if (known.revision <= revision) folder.keys.delete(key)
      folder.list = undefined
      if (folder.keys.size === 0) folders.delete(path)
    }
    gone.clear()
    for (const entry of entries) take(entry)
    isWhole = true
    const watch = store.watch(prefix, { fromRevision: revision + 1, signal })
    for await (const batch of watch) takeBatch(batch)
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await followOnce().catch(() => {})
      isWhole = false
      await clock.sleep(retryMs, signal).catch(() => {})
    }
  }

  return {
    ended,
    isWhole() {
      if (!isStarted && !signal.aborted) {
        isStarted = true
        follow().then(end)
      }
      return isWhole
    },
    get(key) {
      const known = folders.get(pathOf(key))?.keys.get(key)
      return known && isEntry(known) ? known : undefined
    },
    list(path) {
      const folder = folders.get(path)
      if (!folder) return nothing
      folder.list ??= [...folder.keys.values()]
        .filter(isEntry)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      return folder.list
    },
    written(key, value, revision) {
      if (isStarted) take({ key, value, revision, createRevision: revision })
    },
  }
}

function pathOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

function isEntry(known: Known): known is Entry {
  return known.value !== undefined
}

function knownOf({ type, key, value, revision }: Change): Known {
  return { key, value: type === 'put' ? value : undefined, revision, createRevision: revision }
}
