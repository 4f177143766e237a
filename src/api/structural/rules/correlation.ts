// A value beside what it was before the update, for ratcheting: errors of values that did not
// change are passed over. Values are found again by property, by key of a map, and by the keys of
// lists that are maps; other lists are compared as a whole.

import { type Draft, isDraft, isSame } from '../../draft.ts'
import { itemsOf, type Schema, valuesOf } from '../schema.ts'

export class Correlated {
  readonly #value: unknown
  readonly #previous: unknown
  readonly #schema: Schema
  #isSame: boolean | undefined

  constructor(schema: Schema, value: unknown, previous: unknown) {
    this.#schema = schema
    this.#value = value
    this.#previous = previous
  }

  /** Undefined where one of the two is not there, or the schema does not say what it is. */
  key(name: string): Correlated | undefined {
    const { properties } = this.#schema
    const declared = properties && Object.hasOwn(properties, name) ? properties[name] : undefined
    const schema = declared ?? valuesOf(this.#schema)
    const value = fieldOf(this.#value, name)
    const previous = fieldOf(this.#previous, name)
    if (!schema || value === undefined || previous === undefined) return undefined
    return new Correlated(schema, value, previous)
  }

  item(index: number): Correlated | undefined {
    const items = itemsOf(this.#schema)
    if (!items || !Array.isArray(this.#value)) return undefined
    const previous = previousItems(this.#schema, this.#previous)(this.#value[index])
    return previous === undefined ? undefined : new Correlated(items, this.#value[index], previous)
  }

  isSame(): boolean {
    this.#isSame ??= this.#compare()
    return this.#isSame
  }

  #compare(): boolean {
    const value = this.#value
    const previous = this.#previous
    if (Array.isArray(value) && Array.isArray(previous)) {
      if (value.length !== previous.length) return false
      if (!isKeyed(this.#schema)) return isSame(value, previous)
      return value.every((_, index) => this.item(index)?.isSame() ?? false)
    }
    if (isDraft(value) && isDraft(previous)) {
      const keys = Object.keys(value)
      if (keys.length !== Object.keys(previous).length) return false
      return keys.every((key) => this.key(key)?.isSame() ?? false)
    }
    return isSame(value, previous)
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return isDraft(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isKeyed(schema: Schema): boolean {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return schema['x-kubernetes-list-type'] === 'map' && keys.length > 0
}

/** What an item was before: known in lists that are maps, by their keys. */
export function previousItems(schema: Schema, previous: unknown): (item: unknown) => unknown {
  if (!isKeyed(schema) || !Array.isArray(previous)) return () => undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const byKey = new Map<string, unknown>()
  for (const item of previous) {
    const key = isDraft(item) ? keyOf(item, keys) : undefined
    if (key !== undefined && !byKey.has(key)) byKey.set(key, item)
  }
  return (item) => {
    const key = isDraft(item) ? keyOf(item, keys) : undefined
    return key === undefined ? undefined : byKey.get(key)
  }
}

/** Undefined unless every key is there and single. */
function keyOf(item: Draft, keys: readonly string[]): string | undefined {
  const values = keys.map((key) => item[key])
  const isWhole = values.every(
    (value) => value !== undefined && value !== null && typeof value !== 'object',
  )
  return isWhole ? JSON.stringify(values) : undefined
}

/** Whether errors at a place are passed over: by its own comparison, or the nearest one's above. */
export interface Ratchet {
  readonly current: Correlated | undefined
  readonly nearest: Correlated | undefined
}

export const noRatchet: Ratchet = { current: undefined, nearest: undefined }

export function isUnchanged({ current, nearest }: Ratchet): boolean {
  return (current ?? nearest)?.isSame() ?? false
}

export function ratchetAt(ratchet: Ratchet, place: string | number): Ratchet {
  const { current, nearest } = ratchet
  if (!current) return ratchet
  // At the root these two are the endpoint's, whatever was there before.
  if (!nearest && (place === 'apiVersion' || place === 'kind')) return noRatchet
  const next = typeof place === 'number' ? current.item(place) : current.key(place)
  return { current: next, nearest: current }
}
