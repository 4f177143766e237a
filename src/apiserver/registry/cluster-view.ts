// What the server itself needs to know of stored objects while it handles a write: namespaces,
// service accounts, quotas. Reads the store at once; bytes seen before are not parsed again.

import { type Kind, kindEntry } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import type { KindMap } from '../../api/types.gen.ts'
import type { Entry, Store } from '../../store/store.ts'
import { storagePrefixOf } from './storage-prefix.ts'
import { decodeStored } from './stored-bytes.ts'

export interface ClusterView {
  get<K extends Kind>(kind: K, key: ObjectKey): Promise<KindMap[K] | undefined>
  /** All objects of a kind, or those of one namespace. */
  list<K extends Kind>(kind: K, namespace?: string): Promise<readonly KindMap[K][]>
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
    async get(kind, { namespace, name }) {
      const prefix = storagePrefixOf(kindEntry(kind))
      const entry = await store.get(namespace ? `${prefix}${namespace}/${name}` : prefix + name)
      return entry && objectOf(entry)
    },
    async list(kind, namespace) {
      const prefix = storagePrefixOf(kindEntry(kind))
      const { entries } = await store.range(namespace ? `${prefix}${namespace}/` : prefix)
      return entries.map((entry) => objectOf<typeof kind>(entry))
    },
  }
}
