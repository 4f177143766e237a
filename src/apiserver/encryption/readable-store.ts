// A store that gives out no value that could not be read: whoever asks gets an error, as upstream.
// Lists name the key, since the one that is wrong is not the one that was asked for.

import type { Entry, Store, WatchBatch } from '../../store/store.ts'
import { Unreadable } from './unreadable.ts'
import type { ValueNotes } from './value-notes.ts'

export function readableStore(store: Store, notes: ValueNotes): Store {
  const checked = (entry: Entry) => {
    notes.assertReadable(entry.value)
    return entry
  }
  return {
    revision: () => store.revision(),
    compactedRevision: () => store.compactedRevision(),
    async get(key, revision) {
      const entry = await store.get(key, revision)
      return entry && checked(entry)
    },
    async range(prefix, options) {
      const result = await store.range(prefix, options)
      for (const { key, value } of result.entries) assertInRange(notes, key, value)
      return result
    },
    async put(key, value, expected) {
      const result = await store.put(key, value, expected)
      if (!result.ok && result.current) checked(result.current)
      return result
    },
    async delete(key, expected) {
      const result = await store.delete(key, expected)
      if (!result.ok && result.current) checked(result.current)
      return result
    },
    async *watch(prefix, options): AsyncGenerator<WatchBatch> {
      for await (const batch of store.watch(prefix, options)) {
        for (const { key, value } of batch.changes) assertInRange(notes, key, value)
        yield batch
      }
    },
    compact: (revision) => store.compact(revision),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

function assertInRange(notes: ValueNotes, key: string, value: Uint8Array): void {
  try {
    notes.assertReadable(value)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new Unreadable(`unable to transform key ${JSON.stringify(key)}: ${error.message}`)
  }
}
