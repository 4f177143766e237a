// Brings JSON into the form of its kind, as a trip through the Go types would: unknown fields and
// nulls go, quantities and times become canonical, empty optional fields vanish, fields that are
// always written appear. In: parsed JSON, a definition's name. Out: the same value, changed in place.

import { ConformError, mismatch, type Place } from './conform-error.ts'
import { conformSpecial, zeroSpecial } from './conform-special.ts'
import type { Draft, DraftValue } from './draft.ts'
import { placeText } from './json-text.ts'
import { roundUpToMilli } from './quantity.ts'
import {
  type Definition,
  definitionOf,
  type Field,
  fieldOf,
  goTypeName,
  quantityDefinition,
} from './schema.ts'

/** What upstream reports at most. */
const unknownLimit = 100

export interface ConformOptions {
  /**
   * Part of an object, as for an apply: what is said stays as it is said, zero values and unknown
   * fields as well, and nothing is added.
   */
  readonly isPartial?: boolean
}

/**
 * Conforms `value` to the definition `def`; returns the paths of the unknown fields it removed.
 * Throws ConformError where a value has the wrong type.
 */
export function conform(
  def: string,
  value: Draft,
  { isPartial = false }: ConformOptions = {},
): string[] {
  const place: Place = { segments: [], fields: [], struct: '', unknown: [], isPartial }
  conformStruct(value, def, place)
  return place.unknown
}

function conformStruct(value: unknown, def: string, place: Place): Draft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mismatch(value, goTypeName(def), place)
  }
  const object = value as Draft
  const definition = definitionOf(def)
  const outer = place.struct
  for (const key in object) {
    const field = fieldOf(definition, key)
    if (!field) removeUnknown(object, key, place)
    else {
      place.struct = def
      conformField(object, key, field, place)
    }
  }
  place.struct = outer
  if (place.isPartial) return object
  for (const [key, field] of alwaysWritten(definition)) {
    if (object[key] === undefined) object[key] = zeroOf(field)
  }
  return object
}

function removeUnknown(object: Draft, key: string, place: Place): void {
  if (place.isPartial) return
  delete object[key]
  if (place.unknown.length >= unknownLimit) return
  place.unknown.push(placeText([...place.segments, key]))
}

function conformField(object: Draft, key: string, field: Field, place: Place): void {
  const value = object[key]
  if (value === null || value === undefined) {
    delete object[key]
    return
  }
  if (isPlain(value, field)) {
    if (!place.isPartial && isDropped(value, field)) delete object[key]
    return
  }
  place.segments.push(key)
  place.fields.push(key)
  const result = conformContainer(value, field, place)
  place.segments.pop()
  place.fields.pop()
  if (!place.isPartial && isDropped(result, field)) delete object[key]
  else object[key] = result
}

/** A scalar as its type has it: most values are, and need no look at where they stand. */
function isPlain(value: DraftValue, field: Field): boolean {
  if (field.ref !== undefined || field.array || field.map) return false
  if (typeof value === 'string') return field.type === 'string' && field.format !== 'byte'
  return typeof value === 'boolean' && field.type === 'boolean'
}

/** Empty lists and maps are nil after a trip through the store: null where always written. */
function isDropped(value: DraftValue, field: Field): boolean {
  if (field.emit) return false
  if (field.array || field.map) return value === null
  if (field.ptr) return false
  if (value === '' || value === 0 || value === false) return true
  return isEmptyStruct(value, field)
}

function isEmptyStruct(value: DraftValue, field: Field): boolean {
  if (field.ref === undefined || typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) || definitionOf(field.ref).special) return false
  for (const _ in value) return false
  return true
}

function conformContainer(value: DraftValue, field: Field, place: Place): DraftValue {
  if (field.map) return conformMap(value, field, place)
  if (field.array) return conformList(value, field, place)
  return conformElement(value, field, place)
}

function conformMap(value: DraftValue, field: Field, place: Place): DraftValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mismatch(value, `map[string]${elementTypeName(field)}`, place)
  }
  const isOfText =
    field.type === 'string' && field.format !== 'byte' && field.ref === undefined && !field.array
  let isEmpty = true
  for (const key in value) {
    isEmpty = false
    if (isOfText && typeof value[key] === 'string') continue
    place.segments.push(key)
    const element = value[key]
    value[key] = field.array
      ? conformList(element ?? [], field, place)
      : roundedAmount(conformElement(element ?? zeroElement(field), field, place), field)
    place.segments.pop()
  }
  return isEmpty && !place.isPartial ? null : value
}

/** Maps of quantities are resource lists: nothing finer than a thousandth is kept there. */
function roundedAmount(value: DraftValue, field: Field): DraftValue {
  if (field.ref !== quantityDefinition || typeof value !== 'string') return value
  return value.endsWith('n') || value.endsWith('u') ? roundUpToMilli(value) : value
}

function conformList(value: DraftValue, field: Field, place: Place): DraftValue {
  if (!Array.isArray(value)) throw mismatch(value, `[]${elementTypeName(field)}`, place)
  for (let index = 0; index < value.length; index++) {
    place.segments.push(`[${index}]`)
    value[index] = conformElement(value[index] ?? zeroElement(field), field, place)
    place.segments.pop()
  }
  return value.length === 0 && !place.isPartial ? null : value
}

function conformElement(value: DraftValue, field: Field, place: Place): DraftValue {
  if (field.ref !== undefined) {
    const { special } = definitionOf(field.ref)
    if (special) return conformSpecial(special, value, place)
    return conformStruct(value, field.ref, place)
  }
  if (field.type === 'string') return conformText(value, field, place)
  if (field.type === 'integer') return conformInteger(value, field, place)
  if (field.type === 'boolean') {
    if (typeof value !== 'boolean') throw mismatch(value, 'bool', place)
    return value
  }
  if (field.type === 'number' && typeof value !== 'number') {
    throw mismatch(value, field.format === 'float' ? 'float32' : 'float64', place)
  }
  return value
}

function conformText(value: DraftValue, field: Field, place: Place): DraftValue {
  if (field.format === 'byte') return conformBytes(value, place)
  if (typeof value !== 'string') throw mismatch(value, 'string', place)
  return value
}

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Standard base64 with padding; line breaks within are allowed and dropped, as in Go. */
function conformBytes(value: DraftValue, place: Place): DraftValue {
  if (typeof value !== 'string') throw mismatch(value, '[]uint8', place)
  const text = value.replaceAll(/[\r\n]/g, '')
  if (base64Text.test(text)) return text
  const wrong = text.search(/[^A-Za-z0-9+/]/)
  const at = wrong < 0 ? text.length - (text.length % 4) : wrong
  throw new ConformError(`illegal base64 data at input byte ${at}`)
}

function conformInteger(value: DraftValue, field: Field, place: Place): DraftValue {
  const type = field.format === 'int64' ? 'int64' : 'int32'
  if (typeof value !== 'number') throw mismatch(value, type, place)
  const limit = type === 'int64' ? 2 ** 63 : 2 ** 31
  if (!Number.isInteger(value) || value >= limit || value < -limit) {
    throw mismatch(value, type, place, `number ${value}`)
  }
  return value
}

function elementTypeName(field: Field): string {
  const inner = field.map && field.array ? '[]' : ''
  if (field.ref !== undefined) return inner + goTypeName(field.ref)
  if (field.type === 'integer') return inner + (field.format ?? 'int')
  if (field.type === 'boolean') return `${inner}bool`
  return inner + (field.format === 'byte' ? '[]uint8' : 'string')
}

const writtenFields = new WeakMap<Definition, readonly (readonly [string, Field])[]>()

/** The fields of a type that are written even when zero; worked out once a type. */
function alwaysWritten(definition: Definition): readonly (readonly [string, Field])[] {
  const known = writtenFields.get(definition)
  if (known) return known
  const list = Object.entries(definition.fields ?? {}).filter(([, field]) => field.emit)
  writtenFields.set(definition, list)
  return list
}

/** What a field says that nobody has set; undefined where it is not written then. */
export function unsetField(def: string, name: string): DraftValue | undefined {
  const written = alwaysWritten(definitionOf(def)).find(([key]) => key === name)
  return written && zeroOf(written[1])
}

function zeroOf(field: Field): DraftValue {
  if (field.array || field.map || field.ptr) return null
  return zeroElement(field)
}

function zeroElement(field: Field): DraftValue {
  if (field.ref !== undefined) {
    const definition = definitionOf(field.ref)
    if (definition.special) return zeroSpecial(definition.special)
    return Object.fromEntries(alwaysWritten(definition).map(([key, inner]) => [key, zeroOf(inner)]))
  }
  if (field.type === 'integer' || field.type === 'number') return 0
  return field.type === 'boolean' ? false : ''
}
