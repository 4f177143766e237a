// A store whose acknowledged writes are noticed on their way back, before anybody learns of them.

import type { Store } from '../../store/store.ts'

/** `value` is absent after a delete. */
export type Notice = (key: string, value: Uint8Array | undefined, revision: number) => void

export function noticingStore(store: Store, notice: Notice): Store {
  return {
    revision: () => store.revision(),
    compactedRevision: () => store.compactedRevision(),
    get: (key, revision) => store.get(key, revision),
    range: (prefix, options) => store.range(prefix, options),
    async put(key, value, expected) {
      const result = await store.put(key, value, expected)
      if (result.ok) notice(key, value, result.revision)
      return result
    },
    async delete(key, expected) {
      const result = await store.delete(key, expected)
      if (result.ok) notice(key, undefined, result.revision)
      return result
    },
    watch: (prefix, options) => store.watch(prefix, options),
    compact: (revision) => store.compact(revision),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
