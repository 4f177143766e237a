// Objects on their way through the API server: plain JSON that may be changed and whose fields may
// be missing. `Draft` is any JSON object; `DraftOf<Pod>` is the same value seen as a Pod.

export type DraftValue = string | number | boolean | null | Draft | DraftValue[]
export interface Draft {
  [key: string]: DraftValue | undefined
}

/** The shape of T with every field optional and writable, all the way down. */
export type DraftOf<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Element)[]
    ? DraftOf<Element>[]
    : { -readonly [Key in keyof T]?: DraftOf<T[Key]> | undefined }

/**
 * Sees a draft as a kind. Sound because drafts are made by `conform`, which compares every field
 * with the schema that T was generated from.
 */
export function draftAs<T>(draft: Draft): DraftOf<T> {
  return draft as unknown as DraftOf<T>
}

/** The way back: a typed draft is a JSON object. */
export function asDraft(value: object): Draft {
  return value as unknown as Draft
}

export function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at `key`, made if it is missing. */
export function childOf(parent: Draft, key: string): Draft {
  const present = parent[key]
  if (isDraft(present)) return present
  const made: Draft = {}
  parent[key] = made
  return made
}

/** The list of that name; empty where there is none. */
export function itemsOf(parent: Draft, key: string): readonly DraftValue[] {
  const list = parent[key]
  return Array.isArray(list) ? list : []
}

export function textsOf(parent: Draft, key: string): readonly string[] {
  return itemsOf(parent, key).map(String)
}

/** A deep copy that shares nothing with the original. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const key in value) setOwn(copy, key, copyOf(value[key]))
  return copy as T
}

/** What the object itself holds: a key `__proto__` or `constructor` is not there unless it was sent. */
export function ownOf<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets a field whatever its name is: a ConfigMap may have a key `__proto__`. */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      ...{ value, writable: true, enumerable: true, configurable: true },
    })
  } else object[key] = value
}

/** Deep equality of JSON values; an absent field equals an undefined one, order of keys is free. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && hasSameElements(a, b, isSame)
  }
  return hasSameFields(a as Draft, b as Draft)
}

function hasSameElements(
  a: readonly unknown[],
  b: readonly unknown[],
  areSame: (a: unknown, b: unknown) => boolean,
): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) {
    if (!areSame(a[index], b[index])) return false
  }
  return true
}

function hasSameFields(a: Draft, b: Draft): boolean {
  let count = 0
  for (const key in a) {
    if (a[key] === undefined) continue
    count++
    if (!isSame(a[key], b[key])) return false
  }
  for (const key in b) if (b[key] !== undefined) count--
  return count === 0
}

/** As Go's semantic equality: null, {}, [] and absent are one and the same. */
export function isSameMeaning(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && hasSameElements(a, b, isSameMeaning)
  }
  const left = a as Draft
  const right = b as Draft
  for (const key in left) if (!isSameMeaning(left[key], right[key])) return false
  for (const key in right) if (!Object.hasOwn(left, key) && !isEmpty(right[key])) return false
  return true
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}
