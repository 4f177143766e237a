// How the values of a type are owned: as a whole, field by field, element by element. From the
// schema's list and map types; values of unknown type are taken by what they are.

import type { DraftValue } from '../draft.ts'
import { definitionOf, type Field, fieldOf } from '../schema.ts'

export type Shape =
  /** One owner for all of it: scalars, atomic lists and maps. */
  | { readonly kind: 'whole' }
  /** A type's fields; undefined for a field that it does not have. */
  | { readonly kind: 'fields'; readonly field: (name: string) => Shape | undefined }
  /** A map from names to values of one type. */
  | { readonly kind: 'map'; readonly value: () => Shape }
  /** A list of distinct plain values. */
  | { readonly kind: 'set' }
  /** A list whose elements are told apart by some of their fields. */
  | {
      readonly kind: 'keyed'
      readonly keys: readonly string[]
      /** Values of keys that an element leaves out. */
      readonly defaults: Readonly<Record<string, DraftValue>>
      readonly element: () => Shape
    }
  /** Not in the schema: objects are maps, everything else is whole. */
  | { readonly kind: 'unknown' }

export const wholeShape: Shape = { kind: 'whole' }
const set: Shape = { kind: 'set' }
export const unknownShape: Shape = { kind: 'unknown' }

const known = new Map<string, Shape>()

export function shapeOf(def: string): Shape {
  const found = known.get(def)
  if (found) return found
  const made = shapeOfDefinition(def)
  known.set(def, made)
  return made
}

function shapeOfDefinition(def: string): Shape {
  const definition = definitionOf(def)
  const { special, mapType } = definition
  if (special) return isOpaque(special) ? unknownShape : wholeShape
  if (mapType === 'atomic') return wholeShape
  return {
    kind: 'fields',
    field: (name) => {
      const field = fieldOf(definition, name)
      return field && shapeOfField(field)
    },
  }
}

function isOpaque(special: string): boolean {
  return special === 'rawExtension' || special === 'fieldsV1' || special === 'json'
}

function shapeOfField(field: Field): Shape {
  if (field.array) return shapeOfList(field)
  if (field.mapType === 'atomic') return wholeShape
  if (field.map) return { kind: 'map', value: () => shapeOfElement(field) }
  return shapeOfElement(field)
}

function shapeOfList(field: Field): Shape {
  if (field.listType === 'set') return set
  if (field.listType !== 'map') return wholeShape
  const keys = (field.listMapKeys ?? []).toSorted()
  const element = field.ref === undefined ? undefined : definitionOf(field.ref)
  const defaults = Object.fromEntries(
    keys.flatMap((key) => {
      const value = element && fieldOf(element, key)?.default
      return value === undefined ? [] : [[key, value as DraftValue]]
    }),
  )
  return { kind: 'keyed', keys, defaults, element: () => shapeOfElement(field) }
}

function shapeOfElement({ ref }: Field): Shape {
  return ref === undefined ? wholeShape : shapeOf(ref)
}
