// A store whose values are kept in another form than they are used in: changed as they come in and as
// they go out. Values that come in are changed once, however often a store gives the same bytes.

import type { Change, Entry, Store, WatchBatch, WriteResult } from './store.ts'

export interface ValueForm {
  /** From what is kept. The very same bytes where nothing is to be changed. */
  read(key: string, kept: Uint8Array): Uint8Array
  /** To what is kept. */
  write(key: string, value: Uint8Array): Uint8Array
}

export function mappedStore(store: Store, { read, write }: ValueForm): Store {
  const known = new WeakMap<Uint8Array, Uint8Array>()

  function readOnce(key: string, kept: Uint8Array): Uint8Array {
    const before = known.get(kept)
    if (before) return before
    const value = read(key, kept)
    if (value !== kept) known.set(kept, value)
    return value
  }

  function entryOf(entry: Entry): Entry {
    const value = readOnce(entry.key, entry.value)
    return value === entry.value ? entry : { ...entry, value }
  }

  function changeOf(change: Change): Change {
    const { previous } = change
    const value = readOnce(change.key, change.value)
    const before = previous && entryOf(previous)
    if (value === change.value && before === previous) return change
    return { ...change, value, ...(before && { previous: before }) }
  }

  function resultOf(result: WriteResult): WriteResult {
    return !result.ok && result.current ? { ...result, current: entryOf(result.current) } : result
  }

  return {
    revision: () => store.revision(),
    compactedRevision: () => store.compactedRevision(),
    async get(key, revision) {
      const entry = await store.get(key, revision)
      return entry && entryOf(entry)
    },
    async range(prefix, options) {
      const { entries, ...rest } = await store.range(prefix, options)
      return { entries: entries.map(entryOf), ...rest }
    },
    put: async (key, value, expected) =>
      resultOf(await store.put(key, write(key, value), expected)),
    delete: async (key, expected) => resultOf(await store.delete(key, expected)),
    async *watch(prefix, options): AsyncGenerator<WatchBatch> {
      for await (const { changes, revision } of store.watch(prefix, options))
        yield { changes: changes.map(changeOf), revision }
    },
    compact: (revision) => store.compact(revision),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
