// What a part sees of the cluster: for each kind a lister that a reflector keeps current.
// In: a client and the kinds wanted. Out: listers, change notifications, and the revision seen.

import type { Kind } from '../api/kinds.ts'
import type { ObjectKey } from '../api/meta.ts'
import type { KindMap, LabelSelector } from '../api/types.gen.ts'

export interface Lister<T> {
  get(key: ObjectKey): T | undefined
  /** All objects, or those of one namespace. The array is a snapshot. */
  list(namespace?: string): readonly T[]
  /** Objects whose controller owner reference has this uid. */
  controlledBy(uid: string): readonly T[]
  /** Objects of `namespace` whose labels match. */
  matching(namespace: string, selector: LabelSelector): readonly T[]
}

export type Listers = { readonly [K in Kind]: Lister<KindMap[K]> }

/** `previous` absent: added. `current` absent: deleted. Both: changed. */
export interface ObjectChange<T> {
  readonly previous?: T
  readonly current?: T
}

export interface Informers {
  readonly listers: Listers
  onChange<K extends Kind>(kind: K, handle: (change: ObjectChange<KindMap[K]>) => void): void
  /** Resolves when every kind has been listed once. */
  synced(signal?: AbortSignal): Promise<void>
  /** Resolves once the lister of `kind` has seen `revision`. */
  caughtUp(kind: Kind, revision: number, signal?: AbortSignal): Promise<void>
}
