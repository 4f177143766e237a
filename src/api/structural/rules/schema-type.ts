// Schemas as CEL sees them: the type of a rule's `self`, how large its values may be, and how JSON
// becomes such a value. Parts that have no type are not there for rules.
// Source of the sizes: upstream's conversion of schemas to CEL declarations.

import type { Range } from '../../../cel/cost/range.ts'
import { type CelType, dyn, listOf, mapOf, type ObjectType, string } from '../../../cel/types.ts'
import type { CelValue } from '../../../cel/values.ts'
import {
  isEmbedded,
  isIntOrString,
  itemsOf,
  propertiesOf,
  type Schema,
  valuesOf,
} from '../schema.ts'
import { escapedField, escapeName } from './escape.ts'
import { mapValue, objectValue } from './schema-objects.ts'
import { intOrStringValue, listValue, scalarType } from './schema-values.ts'

/** JSON to a value. Throws CelError for what is no value of the schema. */
export type ToCel = (json: unknown) => CelValue

export interface SchemaType {
  readonly cel: CelType
  /** The most elements, entries, characters or bytes; 0 for what has no size. */
  readonly maxElements: number
  /** The fewest bytes of JSON that such a value takes. */
  readonly minSize: number
  readonly toCel: ToCel
  /** Of an object, by the names that rules use. */
  readonly fields?: ReadonlyMap<string, SchemaType>
  /** Of a list's items or a map's values. */
  readonly element?: SchemaType
}

/** What a request may hold, in bytes: upstream's figure, whatever ours is. */
export const mostBytes = 3 * 1024 * 1024

const fewestStringBytes = 2

export interface Naming {
  /** Of the object types within. */
  readonly name: string
  /** A whole object: apiVersion, kind and the metadata's names are there. */
  readonly isWhole: boolean
}

/** Undefined where rules cannot see such values. */
export function schemaType(schema: Schema, { name, isWhole }: Naming): SchemaType | undefined {
  if (isIntOrString(schema)) return intOrString(schema)
  const seen = isWhole ? withTypeAndNames(schema) : schema
  switch (seen.type) {
    case 'array':
      return listType(seen, name)
    case 'object':
      return valuesOf(seen) ? mapType(seen, name) : objectTypeOf(seen, name)
    default:
      return withNull(scalarType(seen), schema)
  }
}

/** A null where none may be is refused when a rule comes to it. */
function withNull(type: SchemaType | undefined, { nullable }: Schema): SchemaType | undefined {
  return type && nullable
    ? { ...type, toCel: (json) => (json === null ? null : type.toCel(json)) }
    : type
}

function intOrString(schema: Schema): SchemaType {
  const { maxLength } = schema
  const maxElements =
    maxLength === undefined ? mostBytes - fewestStringBytes : Math.max(0, maxLength) * 4
  return { cel: dyn, maxElements, minSize: 1, toCel: intOrStringValue(schema.nullable === true) }
}

function listType(schema: Schema, name: string): SchemaType | undefined {
  const items = itemsOf(schema)
  const element = items && schemaType(items, { name: `${name}.@idx`, isWhole: isEmbedded(items) })
  if (!element) return undefined
  const { maxItems } = schema
  const maxElements =
    maxItems === undefined
      ? Math.floor((mostBytes - 2) / (element.minSize + 1))
      : Math.max(0, maxItems)
  const toCel = listValue(schema, element.toCel)
  return withNull({ cel: listOf(element.cel), maxElements, minSize: 2, toCel, element }, schema)
}

function mapType(schema: Schema, name: string): SchemaType | undefined {
  const values = valuesOf(schema)
  const element =
    values && schemaType(values, { name: `${name}.@elem`, isWhole: isEmbedded(values) })
  if (!element) return undefined
  const { maxProperties } = schema
  // A key of two bytes, its quotes, colon and comma.
  const maxElements =
    maxProperties === undefined
      ? Math.floor((mostBytes - 2) / (element.minSize + 6))
      : Math.max(0, maxProperties)
  const toCel = mapValue(element.toCel)
  return withNull(
    { cel: mapOf(string, element.cel), maxElements, minSize: 2, toCel, element },
    schema,
  )
}

function objectTypeOf(schema: Schema, name: string): SchemaType | undefined {
  const fields = new Map<string, SchemaType>()
  const byKey = new Map<string, ToCel>()
  let minSize = 2
  for (const [key, part] of propertiesOf(schema)) {
    const escaped = escapeName(key)
    const place = { name: `${name}.${escaped ?? key}`, isWhole: isEmbedded(part) }
    const type = schemaType(part, place)
    if (!type) continue
    if (escaped !== undefined) {
      fields.set(escaped, type)
      byKey.set(key, type.toCel)
    }
    const isAlways = schema.required?.includes(key) && part.default === undefined
    if (isAlways) minSize += Buffer.byteLength(key) + type.minSize + 4
  }
  const cel: ObjectType = {
    kind: 'object',
    name,
    field: (field) => (fields.get(field) ?? fields.get(escapedField(field)))?.cel,
  }
  const toCel = objectValue(cel, byKey)
  return withNull({ cel, maxElements: 0, minSize, toCel, fields }, schema)
}

const text: Schema = { type: 'string' }

/** apiVersion, kind and the metadata's names can be named everywhere, declared or not. */
function withTypeAndNames(schema: Schema): Schema {
  const { properties = {} } = schema
  const { apiVersion, kind, metadata } = properties
  const { name, generateName } = metadata?.properties ?? {}
  const isDeclared =
    [apiVersion, kind, name, generateName].every((part) => part?.type === 'string') &&
    metadata?.type === 'object'
  if (isDeclared) return schema
  const names: Schema = { type: 'object', properties: { name: text, generateName: text } }
  return { ...schema, properties: { ...properties, apiVersion: text, kind: text, metadata: names } }
}

/** How large the part of a value is at a path of CEL's, whose first step is the variable. */
export function sizeAt(type: SchemaType, [, ...steps]: readonly string[]): Range | undefined {
  let found: SchemaType | undefined = type
  for (const step of steps) {
    // Keys are texts that nothing is said of; upstream's count as empty.
    if (step === '@keys') return found.cel.kind === 'map' ? { min: 0, max: 0 } : undefined
    found = step === '@items' || step === '@values' ? found.element : found.fields?.get(step)
    if (!found) return undefined
  }
  return { min: 0, max: found.maxElements }
}
