// Lists and objects against a schema: their sizes, and each of their parts.

import { asDraft, type Draft, isDraft, isSame } from '../draft.ts'
import { type FieldError, invalid, required, tooMany } from '../field-error.ts'
import { itemsOf, propertiesOf, type Schema, valuesOf } from './schema.ts'
import { bodyText, type Compile, type Judge, type Judged, merge, verdict } from './verdict.ts'

export function arrayJudge(schema: Schema, compile: Compile): Judge {
  const items = itemsOf(schema)
  const judgeItem = items && compile(items)
  const sizes = sizeCheck(schema)
  const correlate = correlation(schema)
  return ({ value, path, previous }) => {
    const list = Array.isArray(value) ? value : []
    const found = verdict(2)
    if (judgeItem) {
      const previousOf = correlate(previous)
      for (const [index, item] of list.entries()) {
        const place = { value: item, path: `${path}[${index}]`, previous: previousOf(item) }
        merge(found, judgeItem(place))
      }
    }
    found.errors.push(...sizes(list, path))
    return found
  }
}

function sizeCheck({ minItems, maxItems, uniqueItems }: Schema) {
  return (list: readonly unknown[], path: string): FieldError[] => {
    const { length } = list
    return [
      ...(minItems !== undefined && length < minItems
        ? [invalid(path, length, bodyText(path, `should have at least ${minItems} items`))]
        : []),
      ...(maxItems !== undefined && length > maxItems ? [tooMany(path, length, maxItems)] : []),
      ...(uniqueItems && hasEqual(list)
        ? [invalid(path, '', bodyText(path, "shouldn't contain duplicates"))]
        : []),
    ]
  }
}

function hasEqual(list: readonly unknown[]): boolean {
  return list.some((item, index) => list.slice(0, index).some((other) => isSame(item, other)))
}

type PreviousOf = (item: unknown) => unknown

/** Items are compared with those they were only in lists that are maps by their keys. */
function correlation(schema: Schema): (previous: unknown) => PreviousOf {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const isMap = schema['x-kubernetes-list-type'] === 'map' && keys.length > 0
  const keyText = (item: unknown) =>
    isDraft(item) ? JSON.stringify(keys.map((key) => item[key] ?? null)) : ''
  return (previous) => {
    if (!isMap || !Array.isArray(previous)) return () => undefined
    const byKey = new Map(previous.map((item) => [keyText(item), item]))
    return (item) => byKey.get(keyText(item))
  }
}

export function objectJudge(schema: Schema, compile: Compile): Judge {
  const parts = new Map(propertiesOf(schema).map(([key, part]) => [key, compile(part)]))
  const values = valuesOf(schema)
  const judgeOther = values && compile(values)
  const { required: names = [], additionalProperties } = schema
  const isClosed = additionalProperties === false
  return (judged) => {
    const object = asDraft(judged.value as object)
    const found = verdict(1)
    const { path } = judged
    found.errors.push(...countErrors(schema, object, path))
    for (const key of Object.keys(object)) {
      if (parts.has(key)) continue
      if (judgeOther) merge(found, judgeOther(partOf(judged, object, key)))
      else if (isClosed) {
        found.errors.push(invalid(path, key, `${path}.${key} in body is a forbidden property`))
      }
    }
    for (const [key, judge] of parts) {
      if (Object.hasOwn(object, key) && object[key] !== undefined) {
        merge(found, judge(partOf(judged, object, key)))
      }
    }
    for (const name of names) {
      const isMissing = !Object.hasOwn(object, name) || object[name] === undefined
      if (isMissing) found.errors.push(required(`${path}.${name}`))
    }
    return found
  }
}

function partOf({ path, previous }: Judged, object: Draft, key: string): Judged {
  const before = isDraft(previous) && Object.hasOwn(previous, key) ? previous[key] : undefined
  return { value: object[key], path: path ? `${path}.${key}` : key, previous: before }
}

function countErrors(
  { minProperties, maxProperties }: Schema,
  object: Draft,
  path: string,
): FieldError[] {
  if (minProperties === undefined && maxProperties === undefined) return []
  const count = Object.keys(object).length
  return [
    ...(minProperties !== undefined && count < minProperties
      ? [invalid(path, count, bodyText(path, `should have at least ${minProperties} properties`))]
      : []),
    ...(maxProperties !== undefined && count > maxProperties
      ? [tooMany(path, count, maxProperties)]
      : []),
  ]
}
