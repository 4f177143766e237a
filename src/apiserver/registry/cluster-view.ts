// What the server itself needs to know of stored objects while it handles a write: namespaces,
// service accounts, quotas. Reads the store at once; bytes seen before are not parsed again.

import { asDraft } from '../../api/draft.ts'
import { type Kind, kindEntry } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import type { KindMap } from '../../api/types.gen.ts'
import type { Entry, Store } from '../../store/store.ts'
import { settled } from './api-object.ts'
import { storagePrefixOf } from './storage-prefix.ts'
import { decodeStored, encodeStored, layoutOf } from './stored-bytes.ts'

export interface ClusterView {
  get<K extends Kind>(kind: K, key: ObjectKey): Promise<KindMap[K] | undefined>
  /** All objects of a kind, or those of one namespace. */
  list<K extends Kind>(kind: K, namespace?: string): Promise<readonly KindMap[K][]>
  /**
   * Replaces an object by what `next` makes of it, anew whenever another writer came first; does
   * nothing once it is gone. What `next` throws ends it.
   */
  change<K extends Kind>(
    kind: K,
    key: ObjectKey,
    next: (object: KindMap[K]) => KindMap[K],
  ): Promise<void>
}

export function createClusterView(store: Store): ClusterView {
  const decoded = new WeakMap<Uint8Array, object>()

  /** Sound because only objects of the kind, conformed to its schema, are kept below its prefix. */
  function objectOf<K extends Kind>(entry: Entry): KindMap[K] {
    let object = decoded.get(entry.value)
    if (!object) {
      object = decodeStored(entry)
      decoded.set(entry.value, object)
    }
    return object as KindMap[K]
  }

  return {
    async get(kind, key) {
      const entry = await store.get(storeKey(kind, key))
      return entry && objectOf(entry)
    },
    async change(kind, key, next) {
      for (;;) {
        const entry = await store.get(storeKey(kind, key))
        if (!entry) return
        const object = settled(asDraft(next(objectOf<typeof kind>(entry))))
        const bytes = encodeStored(layoutOf(object), object)
        if ((await store.put(entry.key, bytes, entry.revision)).ok) return
      }
    },
    async list(kind, namespace) {
      const prefix = storagePrefixOf(kindEntry(kind))
      const { entries } = await store.range(namespace ? `${prefix}${namespace}/` : prefix)
      return entries.map((entry) => objectOf<typeof kind>(entry))
    },
  }
}

function storeKey(kind: Kind, { namespace, name }: ObjectKey): string {
  const prefix = storagePrefixOf(kindEntry(kind))
  return namespace ? `${prefix}${namespace}/${name}` : prefix + name
}
