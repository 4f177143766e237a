// What the server itself needs to know of stored objects while it handles a write: namespaces,
// service accounts, quotas. What nearly every write asks for is in memory, the rest is read from the
// store at once; bytes seen before are not parsed again.

import { asDraft } from '../../api/draft.ts'
import { type Kind, kindEntry } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import type { KindMap } from '../../api/types.gen.ts'
import type { Entry, Store } from '../../store/store.ts'
import { settled } from './api-object.ts'
import { type FollowedPrefix, type FollowOptions, followPrefix } from './followed-prefix.ts'
import { noticingStore } from './noticing-store.ts'
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

/** Asked for by admission at many writes, and seldom changed. */
const followedKinds: readonly Kind[] = [
  'IngressClass',
  'LimitRange',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'PriorityClass',
  'ResourceQuota',
  'RuntimeClass',
  'ServiceAccount',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]

export interface FollowedCluster {
  readonly cluster: ClusterView
  /** The same store, for all writes of this server: the view is told of them. */
  readonly store: Store
  /** Resolves after the signal has aborted and nothing is followed any more. */
  readonly ended: Promise<unknown>
}

export function createClusterView(
  store: Store,
  life: Pick<FollowOptions, 'clock' | 'signal'>,
): FollowedCluster {
  const followed = new Map(
    followedKinds.map((kind) => {
      const prefix = storagePrefixOf(kindEntry(kind))
      return [prefix, followPrefix(prefix, { store, ...life })]
    }),
  )
  const noticing = noticingStore(store, (key, value, revision) => {
    // /registry/KIND/...: none of the kinds is kept deeper.
    const prefix = key.slice(0, key.indexOf('/', '/registry/'.length) + 1)
    followed.get(prefix)?.written(key, value, revision)
  })
  const ended = Promise.all([...followed.values()].map((prefix) => prefix.ended))
  return { cluster: clusterView(noticing, followed), store: noticing, ended }
}

function clusterView(store: Store, followed: ReadonlyMap<string, FollowedPrefix>): ClusterView {
  const decoded = new WeakMap<Uint8Array, object>()
  const listed = new WeakMap<readonly Entry[], readonly object[]>()

  /** Sound because only objects of the kind, conformed to its schema, are kept below its prefix. */
  function objectOf<K extends Kind>(entry: Entry): KindMap[K] {
    let object = decoded.get(entry.value)
    if (!object) {
      object = decodeStored(entry)
      decoded.set(entry.value, object)
    }
    return object as KindMap[K]
  }

  /** Of the kind that the folder is of. */
  function objectsOf<K extends Kind>(entries: readonly Entry[]): readonly KindMap[K][] {
    let objects = listed.get(entries)
    if (!objects) {
      objects = entries.map((entry) => objectOf<K>(entry))
      listed.set(entries, objects)
    }
    return objects as readonly KindMap[K][]
  }

  return {
    async get(kind, key) {
      const kept = followed.get(storagePrefixOf(kindEntry(kind)))
      const path = storeKey(kind, key)
      // What is not in memory may have been made by another server a moment ago.
      const entry = (kept?.isWhole() && kept.get(path)) || (await store.get(path))
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
      const entry = kindEntry(kind)
      const prefix = storagePrefixOf(entry)
      const path = namespace ? `${prefix}${namespace}/` : prefix
      const kept = entry.namespaced && !namespace ? undefined : followed.get(prefix)
      if (kept?.isWhole()) return objectsOf<typeof kind>(kept.list(path))
      const { entries } = await store.range(path)
      return objectsOf<typeof kind>(entries)
    },
  }
}

function storeKey(kind: Kind, { namespace, name }: ObjectKey): string {
  const prefix = storagePrefixOf(kindEntry(kind))
  return namespace ? `${prefix}${namespace}/${name}` : prefix + name
}
