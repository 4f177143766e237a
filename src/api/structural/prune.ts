// Takes away the fields that a schema does not know, and nulls where none may be. In place.
// Source of the rules: upstream's pruning and prunenulls algorithms.

import { type DraftValue, isDraft } from '../draft.ts'
import {
  hasFreeKeys,
  isEmbedded,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  type Schema,
  valuesOf,
} from './schema.ts'

/** Places of what was taken away, as strict validation names them; absent: nobody asks. */
export type UnknownFields = string[] | undefined

export type Prune = (value: DraftValue | undefined, path: string, unknown: UnknownFields) => void

const typeFields = new Set(['apiVersion', 'kind', 'metadata'])

/** Without a schema everything within is unknown. */
export function compilePrune(schema: Schema | undefined): Prune {
  if (!schema) return pruneAll
  const keepsUnknown = preservesUnknown(schema)
  const parts = new Map(propertiesOf(schema).map(([key, part]) => [key, compilePrune(part)]))
  const values = valuesOf(schema)
  const isFree = hasFreeKeys(schema)
  const pruneOther = values ? compilePrune(values) : keepsUnknown ? keep : pruneAll
  const items = itemsOf(schema)
  const pruneItem = compileItem(items, keepsUnknown)
  const isWhole = isEmbedded(schema)

  function pruneField(
    object: Record<string, DraftValue | undefined>,
    key: string,
    at: Place,
  ): void {
    if (isWhole && typeFields.has(key)) return
    const part = parts.get(key) ?? (isFree ? pruneOther : undefined)
    if (part) part(object[key], below(at.path, key), at.unknown)
    else if (!keepsUnknown) {
      if (!typeFields.has(key) || at.path !== '') at.unknown?.push(below(at.path, key))
      delete object[key]
    }
  }

  return (value, path, unknown) => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) pruneItem(item, `${path}[${index}]`, unknown)
    } else if (isDraft(value)) {
      for (const key in value) pruneField(value, key, { path, unknown })
    }
  }
}

interface Place {
  readonly path: string
  readonly unknown: UnknownFields
}

/** Items of a list that preserves unknown fields keep theirs, unless its schema knows better. */
function compileItem(items: Schema | undefined, keepsUnknown: boolean): Prune {
  if (!keepsUnknown) return compilePrune(items)
  if (!items) return keep
  return compilePrune({ ...items, 'x-kubernetes-preserve-unknown-fields': true })
}

const keep: Prune = () => {}

const pruneAll: Prune = (value, path, unknown) => {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) pruneAll(item, `${path}[${index}]`, unknown)
  } else if (isDraft(value)) {
    for (const key in value) {
      unknown?.push(below(path, key))
      delete value[key]
    }
  }
}

function below(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}

/** Takes away nulls of fields that are neither nullable nor have a default. */
export function compileDropNulls(schema: Schema): (value: DraftValue | undefined) => void {
  const parts = new Map(
    propertiesOf(schema).map(([key, part]) => [
      key,
      { isDropped: dropsNull(part), drop: compileDropNulls(part) },
    ]),
  )
  const values = valuesOf(schema)
  const other = values && { isDropped: dropsNull(values), drop: compileDropNulls(values) }
  const items = itemsOf(schema)
  const dropInItem = items && compileDropNulls(items)
  return (value) => {
    if (Array.isArray(value)) {
      if (dropInItem) for (const item of value) dropInItem(item)
    } else if (isDraft(value)) {
      for (const key in value) {
        const part = parts.get(key) ?? other
        if (value[key] === null && part?.isDropped) delete value[key]
        else part?.drop(value[key])
      }
    }
  }
}

function dropsNull({ nullable, default: byDefault }: Schema): boolean {
  return !nullable && byDefault === undefined
}
