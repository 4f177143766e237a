// What a controller may ask for. A plan is data: the runner applies it, tests compare it.

import type { Kind } from '../api/kinds.ts'
import type { KubeObject, ObjectKey } from '../api/meta.ts'
import type { KindMap } from '../api/types.gen.ts'
import type { DeleteOptions, PatchType } from './client.ts'

/** An event to record about an object. */
export interface Note {
  readonly regarding: KubeObject
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** The notes that depend on how a write ended. */
export interface Report {
  readonly success?: (written: KubeObject) => Note
  readonly failure?: (error: Error) => Note
}

export type Write = {
  readonly [K in Kind]:
    | { readonly verb: 'create'; readonly kind: K; readonly object: KindMap[K] }
    | {
        readonly verb: 'update'
        readonly kind: K
        readonly object: KindMap[K]
        readonly subresource?: string
      }
    | {
        readonly verb: 'patch'
        readonly kind: K
        readonly key: ObjectKey
        readonly type: PatchType
        readonly patch: unknown
        readonly subresource?: string
      }
    | {
        readonly verb: 'delete'
        readonly kind: K
        readonly key: ObjectKey
        readonly options?: DeleteOptions
      }
}[Kind] & {
  readonly report?: Report
  /** A failure for one of these reasons is as good as success. */
  readonly ignore?: readonly Ignored[]
}

/** NamespaceTerminating is a cause, of a Forbidden: where the object was to be is going away. */
export type Ignored = 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid' | 'NamespaceTerminating'

export type Action =
  | Write
  | { readonly verb: 'note'; readonly note: Note }
  /**
   * Writes done side by side in batches of 1, 2, 4, ...: where the first ones fail, the rest is
   * not tried, so that a full quota does not cost as many requests as there are replicas.
   */
  | { readonly verb: 'batches'; readonly writes: readonly Write[] }

export interface Plan {
  /** Done in order; the first failure ends the plan and the key is tried again later. */
  readonly actions: readonly Action[]
  readonly requeueAfterMs?: number
  /** What to do about a failure before the retry, e.g. a condition that tells of it. */
  readonly afterFailure?: (error: Error) => readonly Action[]
}

export const nothing: Plan = { actions: [] }

export const create = <K extends Kind>(kind: K, object: KindMap[K], report?: Report): Write =>
  ({ verb: 'create', kind, object, ...(report && { report }) }) as unknown as Write

export const update = <K extends Kind>(kind: K, object: KindMap[K], report?: Report): Write =>
  ({ verb: 'update', kind, object, ...(report && { report }) }) as unknown as Write

export const updateStatus = <K extends Kind>(kind: K, object: KindMap[K]): Write =>
  ({ verb: 'update', kind, object, subresource: 'status' }) as unknown as Write

/** Deletes exactly this object, not another that took its name. */
export function deleteObject(
  kind: Kind,
  { metadata }: KubeObject,
  { report, ...options }: DeleteOptions & { readonly report?: Report } = {},
): Write {
  const { namespace, name, uid } = metadata
  return {
    verb: 'delete',
    kind,
    key: namespace ? { namespace, name } : { name },
    options: { ...options, ...(uid && { preconditions: { uid } }) },
    ignore: ['NotFound'],
    ...(report && { report }),
  } as Write
}

export const note = (
  regarding: KubeObject,
  type: Note['type'],
  reason: string,
  message: string,
): Action => ({ verb: 'note', note: { regarding, type, reason, message } })
