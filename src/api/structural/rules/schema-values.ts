// Single values and lists of custom resources as CEL sees them, by their schema.

import { CelError } from '../../../cel/program.ts'
import { parseTimestamp } from '../../../cel/time.ts'
import {
  bool,
  bytes,
  type CelType,
  double,
  duration,
  int,
  string,
  timestamp,
} from '../../../cel/types.ts'
import { CelObject, type CelValue, KeyedList } from '../../../cel/values.ts'
import type { Schema } from '../schema.ts'
import { durationOf } from './durations.ts'
import { escapeName } from './escape.ts'
import { mostBytes, type SchemaType, type ToCel } from './schema-type.ts'

function refuse(wanted: string): never {
  throw new CelError(`invalid data, ${wanted}`)
}

const nullRefused = 'got null for schema with nullable=false'

export function intOrStringValue(isNullable: boolean): ToCel {
  return (json) => {
    if (json === null) return isNullable ? null : refuse(nullRefused)
    if (typeof json === 'string') return json
    if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json)
    return refuse('expected XIntOrString value to be either a string or integer')
  }
}

interface TextForm {
  readonly cel: CelType
  readonly minSize: number
  /** Fixed by the form, whatever the schema says. */
  readonly maxElements?: number
  parse(text: string): CelValue
}

/** Sizes are those of the JSON, with its quotes. */
const textForms: Readonly<Record<string, TextForm>> = {
  byte: { cel: bytes, minSize: 2, parse: (text) => new Uint8Array(Buffer.from(text, 'base64')) },
  duration: { cel: duration, minSize: 3, maxElements: 32, parse: durationOf },
  date: {
    cel: timestamp,
    minSize: 12,
    maxElements: 12,
    parse: (text) => parseTimestamp(`${text}T00:00:00Z`),
  },
  'date-time': {
    cel: timestamp,
    minSize: 21,
    maxElements: 32,
    parse: (text) => parseTimestamp(text.toUpperCase()),
  },
}

/** Undefined for a schema without a type of its own. */
export function scalarType(schema: Schema): SchemaType | undefined {
  const type = bareType(schema)
  return (
    type && { ...type, toCel: (json) => (json === null ? refuse(nullRefused) : type.toCel(json)) }
  )
}

function bareType(schema: Schema): SchemaType | undefined {
  switch (schema.type) {
    case 'string':
      return textType(schema)
    case 'boolean':
      return {
        ...{ cel: bool, maxElements: 0, minSize: 4 },
        toCel: (json) => (typeof json === 'boolean' ? json : refuse('expected bool')),
      }
    case 'number':
      return {
        ...{ cel: double, maxElements: 0, minSize: 1 },
        toCel: (json) => (typeof json === 'number' ? json : refuse('expected float')),
      }
    case 'integer':
      return { cel: int, maxElements: 0, minSize: 1, toCel: integerValue }
    default:
      return undefined
  }
}

function integerValue(json: unknown): CelValue {
  return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : refuse('expected int')
}

const plain: TextForm = { cel: string, minSize: 2, parse: (text) => text }

function textType(schema: Schema): SchemaType {
  const form = textForms[schema.format ?? ''] ?? plain
  return {
    cel: form.cel,
    minSize: form.minSize,
    maxElements: form.maxElements ?? mostCharacters(schema),
    toCel: (json) => (typeof json === 'string' ? form.parse(json) : refuse('expected string')),
  }
}

/** In bytes, of which a character may take four; base64 has one for each. */
function mostCharacters({ maxLength, format, enum: choices }: Schema): number {
  if (maxLength !== undefined) return Math.max(0, maxLength) * (format === 'byte' ? 1 : 4)
  if (format !== 'byte' && choices && choices.length > 0) {
    return Math.max(
      ...choices.map((each) => (typeof each === 'string' ? Buffer.byteLength(each) : 0)),
    )
  }
  return mostBytes - 2
}

/** Sets and maps by keys are compared and added without regard to order. */
export function listValue(schema: Schema, item: ToCel): ToCel {
  const idOf = identityOf(schema)
  return (json) => {
    if (json === null) return refuse(nullRefused)
    if (!Array.isArray(json))
      return refuse('expected an array for the provided schema with type=array')
    const items = json.map(item)
    return idOf ? KeyedList.keyed(items, idOf) : items
  }
}

function identityOf(schema: Schema): ((item: CelValue) => string) | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return identity
    case 'map': {
      const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => escapeName(key) ?? key)
      return (item) =>
        item instanceof CelObject ? keys.map((key) => identity(item.get(key))).join() : ''
    }
    default:
      return undefined
  }
}

/** Of a single value: its type and text. */
function identity(value: CelValue | undefined): string {
  return `${typeof value}${JSON.stringify(String(value))}`
}
