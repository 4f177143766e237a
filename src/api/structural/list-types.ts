// Lists that are sets, or maps by some of their items' fields: what is there twice.

import { type DraftValue, isDraft } from '../draft.ts'
import { duplicate, type FieldError, invalid } from '../field-error.ts'
import { at, child } from '../validation/field-path.ts'
import { hasSchema, itemsOf, propertiesOf, type Schema, valuesOf } from './schema.ts'

export type ListCheck = (value: DraftValue | undefined, path: string) => FieldError[]

const nothing: ListCheck = () => []

export function compileListCheck(schema: Schema): ListCheck {
  if (!hasSchema(schema, isKeyedList)) return nothing
  const parts = new Map(propertiesOf(schema).map(([key, part]) => [key, compileListCheck(part)]))
  const values = valuesOf(schema)
  const checkOther = values && compileListCheck(values)
  const items = itemsOf(schema)
  const checkItem = items ? compileListCheck(items) : nothing
  const checkList = repetitionCheck(schema)
  return (value, path) => {
    if (Array.isArray(value)) {
      return [
        ...checkList(value, path),
        ...value.flatMap((item, index) => checkItem(item, at(path, index))),
      ]
    }
    if (!isDraft(value)) return []
    return Object.entries(value).flatMap(([key, inner]) => {
      const check = parts.get(key)
      if (check) return check(inner, child(path, key))
      return checkOther?.(inner, at(path, key)) ?? []
    })
  }
}

function isKeyedList(schema: Schema): boolean {
  const type = schema['x-kubernetes-list-type']
  return type === 'set' || type === 'map'
}

function repetitionCheck(schema: Schema): (list: DraftValue[], path: string) => FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return (list, path) => repeated(list, path)
  if (type !== 'map') return () => []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return (list, path) => {
    const wrong = list.findIndex((item) => item !== null && !isDraft(item))
    if (wrong >= 0) {
      const what = 'must be an object for an array of list-type map'
      return [invalid(at(path, wrong), list[wrong], what)]
    }
    return repeated(
      list.map((item) => keyFields(item, keys)),
      path,
    )
  }
}

function keyFields(item: DraftValue, keys: readonly string[]): DraftValue {
  if (!isDraft(item)) return {}
  return Object.fromEntries(
    keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]),
  )
}

/** Only the second of equal items is told, however many follow. */
function repeated(list: readonly DraftValue[], path: string): FieldError[] {
  if (list.length < 2) return []
  const counts = new Map<string, number>()
  return list.flatMap((item, index) => {
    const key = JSON.stringify(sorted(item))
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count === 2 ? [duplicate(at(path, index), item)] : []
  })
}

/** With keys in order, so that equal objects have equal texts. */
function sorted(value: DraftValue | undefined): DraftValue | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null)
  if (!isDraft(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  )
}
