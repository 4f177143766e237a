// The typed client: the kind table and the types of all kinds over the dynamic client.

import { type Kind, kindEntry } from '../api/kinds.ts'
import type { ObjectKey, ObjectList } from '../api/meta.ts'
import type { KindMap } from '../api/types.gen.ts'
import type { Clock } from '../lib/clock.ts'
import type { Client, WatchEvent } from './client.ts'
import { createDynamicClient, type DynamicClient, objectPath } from './dynamic-client.ts'
import type { Transport } from './transport.ts'

/** A client that also reaches resources which are not in the kind table. */
export interface ApiClient extends Client {
  readonly dynamic: DynamicClient
}

/**
 * The `as` of this file are where types meet the wire: the server answers objects of the kind
 * that the path names, which is what KindMap says.
 */
export function createClient(transport: Transport, clock?: Clock): ApiClient {
  const dynamic = createDynamicClient(transport, clock)
  return {
    dynamic,
    get: async <K extends Kind>(kind: K, key: ObjectKey) =>
      (await dynamic.get(kindEntry(kind), key)) as unknown as KindMap[K],
    list: async <K extends Kind>(kind: K, options = {}) =>
      (await dynamic.list(kindEntry(kind), options)) as unknown as ObjectList<KindMap[K]>,
    watch: <K extends Kind>(kind: K, options: Parameters<Client['watch']>[1]) =>
      dynamic.watch(kindEntry(kind), options) as unknown as AsyncIterable<WatchEvent<KindMap[K]>>,
    create: async <K extends Kind>(kind: K, object: KindMap[K]) =>
      (await dynamic.create(kindEntry(kind), object)) as unknown as KindMap[K],
    update: async <K extends Kind>(kind: K, object: KindMap[K], subresource?: string) =>
      (await dynamic.update(kindEntry(kind), object, subresource)) as unknown as KindMap[K],
    patch: async (kind, key, patch, options) =>
      (await dynamic.patch(kindEntry(kind), key, patch, options)) as never,
    delete: (kind, key, options) => dynamic.delete(kindEntry(kind), key, options),
    post: async <R>(kind: Kind, key: ObjectKey, subresource: string, body: unknown) =>
      (await dynamic.json('POST', objectPath(kindEntry(kind), key, subresource), body)) as R,
  }
}
