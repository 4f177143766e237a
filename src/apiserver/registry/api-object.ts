// An object as the registry handles it: decoded JSON of any kind. Treated as immutable: what
// changes an object makes a new one, so that old and new can be compared.

import { type Draft, isDraft } from '../../api/draft.ts'
import type { ObjectMeta } from '../../api/types.gen.ts'

export interface ApiObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/** A decoded object, seen as one that is no longer changed. Every object has metadata. */
export function settled(draft: Draft): ApiObject {
  if (!isDraft(draft['metadata'])) draft['metadata'] = {}
  return draft as unknown as ApiObject
}

/** `object` with some metadata changed; a field set to undefined is taken away. */
export function withMetadata(
  object: ApiObject,
  changes: { readonly [K in keyof ObjectMeta]?: ObjectMeta[K] | undefined },
): ApiObject {
  const metadata: Record<string, unknown> = { ...object.metadata }
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete metadata[key]
    else metadata[key] = value
  }
  return { ...object, metadata: metadata as unknown as ObjectMeta }
}

/** A nested value by its path, undefined where any step is missing. */
export function valueAt(object: unknown, ...path: readonly string[]): unknown {
  let value = object
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return value
}

/** The text at a path; undefined for anything but a string. */
export function textAt(object: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(object, ...path)
  return typeof value === 'string' ? value : undefined
}

/** The objects of the list at a path; empty where there is none. */
export function listAt(
  object: unknown,
  ...path: readonly string[]
): readonly Readonly<Record<string, unknown>>[] {
  const value = valueAt(object, ...path)
  return Array.isArray(value) ? value : []
}

/** `object` with the value at `path` replaced; missing steps are made, undefined removes. */
export function withValueAt<T extends object>(
  object: T,
  path: readonly string[],
  value: unknown,
): T {
  const [step, ...rest] = path
  if (step === undefined) return object
  const copy = { ...object } as Record<string, unknown>
  const inner = copy[step]
  const next =
    rest.length === 0
      ? value
      : withValueAt(typeof inner === 'object' && inner !== null ? inner : {}, rest, value)
  if (next === undefined) delete copy[step]
  else copy[step] = next
  return copy as unknown as T
}
