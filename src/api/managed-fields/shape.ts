// How the values of a type are owned: as a whole, field by field, element by element. From the
// schema's list and map types; values of unknown type are taken by what they are.

import type { DraftValue } from '../draft.ts'
import { definitionOf, type Field, fieldOf, type SpecialForm } from '../schema.ts'

export type Scalar = 'numeric' | 'string' | 'boolean' | 'untyped'

export type Shape =
  /** One owner for all of it: scalars, atomic lists and maps. */
  | WholeShape
  /** A type's fields; undefined for a field that it does not have. */
  | FieldsShape
  /** A map from names to values of one type. */
  | MapShape
  /** A list of distinct plain values. */
  | { readonly kind: 'set' }
  /** A list whose elements are told apart by some of their fields. */
  | KeyedShape
  /** Not in the schema: objects are maps, everything else is whole. */
  | { readonly kind: 'unknown' }

export interface WholeShape {
  readonly kind: 'whole'
  /** What may be in it; absent: anything. */
  readonly holds?: Scalar | ListContent | FieldsShape | MapShape
}

export interface ListContent {
  readonly kind: 'list'
  readonly element: () => Shape
}

export interface FieldsShape {
  readonly kind: 'fields'
  readonly field: (name: string) => NamedShape | undefined
}

export interface NamedShape {
  /** f:NAME */
  readonly step: string
  readonly shape: Shape
}

export interface MapShape {
  readonly kind: 'map'
  readonly value: () => Shape
}

export interface KeyedShape {
  readonly kind: 'keyed'
  readonly keys: readonly string[]
  /** Values of keys that an element leaves out. */
  readonly defaults: Readonly<Record<string, DraftValue>>
  readonly element: () => Shape
}

export const unknownShape: Shape = { kind: 'unknown' }
export const wholeShape = { kind: 'whole' } as const

const scalars: Readonly<Record<Scalar, Shape>> = {
  numeric: { kind: 'whole', holds: 'numeric' },
  string: { kind: 'whole', holds: 'string' },
  boolean: { kind: 'whole', holds: 'boolean' },
  untyped: { kind: 'whole', holds: 'untyped' },
}

/** By type and format of OpenAPI. */
export function scalarShape(type: string | undefined, format: string | undefined): Shape {
  if (type === 'integer' || type === 'number') return scalars.numeric
  if (type === 'boolean') return scalars.boolean
  const isPlain = type === 'string' && (!format || format === 'byte')
  return isPlain ? scalars.string : scalars.untyped
}

const known = new Map<string, Shape>()

export function shapeOf(def: string): Shape {
  const found = known.get(def)
  if (found) return found
  const { special, mapType } = definitionOf(def)
  const fields = fieldsOf(def)
  const made = special
    ? shapeOfSpecial(special)
    : mapType === 'atomic'
      ? ({ kind: 'whole', holds: fields } as const)
      : fields
  known.set(def, made)
  return made
}

/** The shape of a field is worked out when it is first met. */
function fieldsOf(def: string): FieldsShape {
  const definition = definitionOf(def)
  const met = new Map<string, NamedShape>()
  return {
    kind: 'fields',
    field: (name) => {
      const present = met.get(name)
      if (present) return present
      const field = fieldOf(definition, name)
      if (!field) return undefined
      const named = { step: `f:${name}`, shape: shapeOfField(field) }
      met.set(name, named)
      return named
    },
  }
}

/** Types may hold themselves, so what is inside a map or a list is worked out when it is met. */
export function met<T>(work: () => T): () => T {
  let result: T | undefined
  return () => (result ??= work())
}

function shapeOfSpecial(special: SpecialForm): Shape {
  const isOpaque = special === 'rawExtension' || special === 'fieldsV1' || special === 'json'
  if (isOpaque) return unknownShape
  return special.startsWith('schemaOr') || special === 'patch' ? { kind: 'whole' } : scalars.untyped
}

function shapeOfField(field: Field): Shape {
  if (field.map) return shapeOfMap(field)
  if (field.array) return shapeOfList(field)
  // A place may be granular although its type is atomic elsewhere.
  if (field.ref && field.mapType === 'granular') return fieldsOf(field.ref)
  const shape = shapeOfElement(field)
  return field.mapType === 'atomic' && shape.kind === 'fields'
    ? { kind: 'whole', holds: shape }
    : shape
}

function shapeOfMap(field: Field): Shape {
  const value = met(() => (field.array ? shapeOfList(field) : shapeOfElement(field)))
  const map = { kind: 'map', value } as const
  return field.mapType === 'atomic' ? { kind: 'whole', holds: map } : map
}

function shapeOfList(field: Field): Shape {
  const element = met(() => shapeOfElement(field))
  if (field.listType === 'set') return { kind: 'set' }
  if (field.listType !== 'map') return { kind: 'whole', holds: { kind: 'list', element } }
  const keys = (field.listMapKeys ?? []).toSorted()
  const type = field.ref === undefined ? undefined : definitionOf(field.ref)
  const defaults = Object.fromEntries(
    keys.flatMap((key) => {
      const value = type && fieldOf(type, key)?.default
      return value === undefined ? [] : [[key, value as DraftValue]]
    }),
  )
  return { kind: 'keyed', keys, defaults, element }
}

function shapeOfElement({ ref, type, format }: Field): Shape {
  return ref === undefined ? scalarShape(type, format) : shapeOf(ref)
}
