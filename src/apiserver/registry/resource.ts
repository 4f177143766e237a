// A served resource: what it is called, where and how it is kept, and the rules of its kind.
// Built-in kinds and custom resources are both made into this; the registry knows nothing else.

import type { Draft } from '../../api/draft.ts'
import type { KindEntry } from '../../api/kinds.ts'
import type { ReplicasPlaces } from '../../api/managed-fields/scale-owners.ts'
import type { Strategy } from '../../api/strategies.ts'
import type { TableForm } from '../../api/table.ts'
import type { JSONSchemaProps } from '../../api/types.gen.ts'
import type { Store } from '../../store/store.ts'
import type { ApiObject } from './api-object.ts'
import type { MediaType } from './negotiate.ts'
import type { FieldValidation } from './options.ts'
import type { Layout } from './stored-bytes.ts'

export interface Resource {
  readonly entry: KindEntry
  /** group/version, or the version alone. */
  readonly apiVersion: string
  readonly storage: ResourceStorage
  readonly codec: Codec
  readonly strategy: Strategy
  readonly deletion: DeletionRules
  /** Of a custom resource: what its definition says of the fields. */
  readonly schema?: JSONSchemaProps
  /** Where the scale subresource finds its numbers; absent: as the built-in workloads. */
  readonly scale?: ScalePaths
  /** For every request to this version. */
  readonly warnings?: readonly string[]
}

/** Dotted paths: spec.replicas. */
export interface ScalePaths {
  readonly specReplicas: string
  readonly statusReplicas: string
  readonly labelSelector?: string
  /** Where managedFields have spec.replicas, in every version. */
  readonly places: ReplicasPlaces
}

export interface ResourceStorage {
  /** /registry/pods/ : followed by namespace and name, or by the name alone. */
  readonly prefix: string
  /** Of the version that is kept. */
  readonly layout: Layout
  /** Absent where objects are served in the version in which they are kept. */
  readonly conversion: Conversion | undefined
  /** Where conversion seldom changes more than the head. */
  readonly splicing?: Splicing
  /**
   * The store as it is seen in this version, where others are asked to convert: a webhook. Values
   * are then read and written in this version, and `layout` is its. Absent: the store as it is.
   */
  readonly view?: (store: Store) => Store
  /** Objects of this version in another, by whoever converts; absent: `conversion` says it all. */
  readonly convert?: (object: ApiObject, apiVersion: string) => Promise<ApiObject>
}

export interface Conversion {
  fromStored(object: ApiObject): ApiObject
  toStored(object: ApiObject): ApiObject
}

export interface Splicing {
  /** Of the version that is served. */
  readonly layout: Layout
  /** Values that conversion was seen to leave as they are, but for the head. */
  readonly unchanged: WeakSet<Uint8Array>
}

export interface Codec {
  readonly hasProtobuf: boolean
  /** A body in its kind's form, without defaults. Throws BadRequest. */
  decode(body: Uint8Array, options: DecodeOptions): Decoded
  readonly patchTypes: readonly PatchType[]
  /** `current` with a patch applied, in its kind's form. Throws BadRequest, Invalid. */
  patch(current: Draft, patch: Patch): Decoded
  /** An object or list in protobuf, enveloped. */
  encodeProtobuf(object: object): Uint8Array
  /** Columns and rows of a Table; rows are made from objects as they are kept. */
  readonly table: TableForm
}

export interface DecodeOptions {
  readonly mediaType: MediaType
  readonly fieldValidation: FieldValidation
  /** Part of an object, for an apply: nothing is added, and nothing that was said is dropped. */
  readonly isPartial?: boolean
}

export interface Decoded {
  readonly object: Draft
  readonly warnings: readonly string[]
}

export type PatchType = 'json' | 'merge' | 'strategic'

export interface Patch {
  readonly type: PatchType
  readonly body: Uint8Array
  readonly fieldValidation: FieldValidation
}

export interface DeletionRules {
  /** DELETE answers with the object's last state, not with a Status. */
  readonly returnsObject: boolean
  /** What becomes of dependents when a delete names no policy. */
  readonly dependents: 'delete' | 'orphan' | 'unsupported'
  /** Seconds an object is given to end, for kinds that end gracefully. */
  readonly gracePeriod:
    | ((object: ApiObject, askedSeconds: number | undefined) => number)
    | undefined
  /** Namespaces: first marked and emptied, removed once spec.finalizers is empty. */
  readonly isTwoPhase: boolean
  /** What a delete adds to an object that was not being deleted yet. */
  readonly beforeDeletion?: (object: ApiObject, now: Date) => ApiObject
  /** False keeps an object although its last finalizer is gone. */
  readonly mayDeleteOnUpdate: (object: ApiObject) => boolean
}

export function storeOf({ storage }: Resource, store: Store): Store {
  return storage.view?.(store) ?? store
}

/** The key of an object. */
export function keyOf(resource: Resource, namespace: string, name: string): string {
  const { prefix } = resource.storage
  return resource.entry.namespaced ? `${prefix}${namespace}/${name}` : prefix + name
}

/** The prefix of all objects, or those of one namespace. */
export function prefixOf(resource: Resource, namespace: string): string {
  const { prefix } = resource.storage
  return resource.entry.namespaced && namespace ? `${prefix}${namespace}/` : prefix
}
