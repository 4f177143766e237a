// What every object has, and the references that name one object.

import type { ObjectMeta, OwnerReference } from './types.gen.ts'

/** Any Kubernetes object, of a kind known or not. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** Names one object of a kind; `namespace` is absent for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace?: string
  readonly name: string
}

export interface ObjectList<T> {
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

/** `namespace/name`, or the name alone. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name
}

export function keyOf({ metadata }: { readonly metadata: ObjectMeta }): ObjectKey {
  const { namespace, name } = metadata
  return namespace ? { namespace, name } : { name }
}

/** The owner that controls `object`, if any. */
export function controllerOf(object: {
  readonly metadata: ObjectMeta
}): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller)
}

export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  const { name, uid = '' } = metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}
