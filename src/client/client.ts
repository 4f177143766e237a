// The typed client: one method a verb, for every kind of the kind table.

import type { Kind } from '../api/kinds.ts'
import type { ObjectKey, ObjectList } from '../api/meta.ts'
import type { KindMap } from '../api/types.gen.ts'

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | {
      readonly type: 'BOOKMARK'
      readonly resourceVersion: string
      readonly initialEventsEnd?: true
    }

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export interface PatchOptions {
  readonly type: PatchType
  readonly subresource?: string
  readonly fieldManager?: string
  readonly force?: boolean
}

/** Every method throws StatusError for an answer that is not a success. */
export interface Client {
  get<K extends Kind>(kind: K, key: ObjectKey): Promise<KindMap[K]>
  list<K extends Kind>(kind: K, options?: ListOptions): Promise<ObjectList<KindMap[K]>>
  watch<K extends Kind>(kind: K, options: WatchOptions): AsyncIterable<WatchEvent<KindMap[K]>>
  /** A metadata.name of '' with generateName lets the server choose the name. */
  create<K extends Kind>(kind: K, object: KindMap[K]): Promise<KindMap[K]>
  update<K extends Kind>(kind: K, object: KindMap[K], subresource?: string): Promise<KindMap[K]>
  patch<K extends Kind>(
    kind: K,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions,
  ): Promise<KindMap[K]>
  delete<K extends Kind>(kind: K, key: ObjectKey, options?: DeleteOptions): Promise<void>
  /** POST to a subresource that is not an object of the kind: binding, eviction, token. */
  post<R>(kind: Kind, key: ObjectKey, subresource: string, body: unknown): Promise<R>
}
