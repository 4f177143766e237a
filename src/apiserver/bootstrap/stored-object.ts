// An object to be stored, and where it goes.

import { apiVersionOf, type KindEntry, kinds } from '../../api/kinds.ts'
import type { KubeObject } from '../../api/meta.ts'

export interface StoredObject extends KubeObject {
  readonly [field: string]: unknown
}

const entries = new Map<string, KindEntry>(
  kinds.map((entry) => [`${apiVersionOf(entry)} ${entry.kind}`, entry]),
)

export function entryOf({ apiVersion, kind }: KubeObject): KindEntry {
  const entry = entries.get(`${apiVersion} ${kind}`)
  if (!entry) throw new Error(`no kind ${kind} of ${apiVersion} in the kind table`)
  return entry
}

/** Equal for the same object in any state. */
export function identityOf(object: KubeObject): string {
  const { kind, metadata } = object
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}
