// A store as one version of a custom resource sees it: values are read in that version, whichever
// they are kept in, and written in the version of storage. Revisions and keys stay what they are.

import type { Change, Entry, Store, WatchBatch, WriteResult } from '../../store/store.ts'
import type { ConvertValues } from './webhook-converter.ts'

export interface SeenVersions {
  /** apiVersions: of the values that go in and out here, and of those that are kept. */
  readonly served: string
  readonly stored: string
  readonly convert: ConvertValues
}

export function convertingStore(store: Store, { served, stored, convert }: SeenVersions): Store {
  async function entriesOf(entries: readonly Entry[]): Promise<Entry[]> {
    const kept = entries.map(({ value }) => value)
    const values = await convert(kept, served)
    return entries.map((entry, index) => ({ ...entry, value: values[index] ?? entry.value }))
  }

  async function outcomeOf(result: WriteResult): Promise<WriteResult> {
    if (result.ok || !result.current) return result
    const [current] = await entriesOf([result.current])
    return { ...result, current }
  }

  async function batchOf({ changes, revision }: WatchBatch): Promise<WatchBatch> {
    const kept = changes.flatMap(({ value, previous }) =>
      previous ? [value, previous.value] : [value],
    )
    const values = await convert(kept, served)
    const made = new Map(kept.map((value, index) => [value, values[index] ?? value]))
    const seen = (change: Change): Change => {
      const { value, previous } = change
      return {
        ...change,
        value: made.get(value) ?? value,
        ...(previous && {
          previous: { ...previous, value: made.get(previous.value) ?? previous.value },
        }),
      }
    }
    return { changes: changes.map(seen), revision }
  }

  return {
    revision: () => store.revision(),
    compactedRevision: () => store.compactedRevision(),
    async get(key, revision) {
      const entry = await store.get(key, revision)
      return entry && (await entriesOf([entry]))[0]
    },
    async range(prefix, options) {
      const { entries, ...rest } = await store.range(prefix, options)
      return { entries: await entriesOf(entries), ...rest }
    },
    async put(key, value, expected) {
      const [kept = value] = await convert([value], stored)
      return outcomeOf(await store.put(key, kept, expected))
    },
    delete: async (key, expected) => outcomeOf(await store.delete(key, expected)),
    async *watch(prefix, options): AsyncGenerator<WatchBatch> {
      for await (const batch of store.watch(prefix, options)) yield await batchOf(batch)
    },
    compact: (revision) => store.compact(revision),
    [Symbol.asyncDispose]: async () => {},
  }
}
