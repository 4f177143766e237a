// For tests of codecs: an object with every field of its definition set.

import type { Draft, DraftValue } from '../../api/draft.ts'
import { definitionOf, type Field, type SpecialForm } from '../../api/schema.ts'

/** To a depth that ends recursion. */
export function fullObject(def: string): Draft {
  return full(def, 0) as Draft
}

const specials: Readonly<Record<SpecialForm, DraftValue>> = {
  time: '2026-01-02T03:04:05Z',
  microTime: '2026-01-02T03:04:05.123456Z',
  quantity: '1500m',
  intOrString: '25%',
  rawExtension: { a: [1, { b: 'c' }] },
  fieldsV1: { 'f:a': {} },
  json: { x: null },
  patch: {},
  schemaOrArray: { type: 'string' },
  schemaOrBool: true,
  schemaOrStringArray: ['x', 'y'],
}

function full(def: string, depth: number): DraftValue {
  const { special, fields = {} } = definitionOf(def)
  if (special) return specials[special]
  const object: Draft = {}
  for (const [key, field] of Object.entries(fields)) {
    const isRecursive = field.ref?.endsWith('JSONSchemaProps') && depth > 1
    if (field.proto === undefined || isRecursive) continue
    const one = elementOf(field, depth)
    const list = field.array ? [one, one] : one
    object[key] = field.map ? { a: list, b: list } : list
  }
  return object
}

function elementOf(field: Field, depth: number): DraftValue {
  if (field.ref !== undefined) return full(field.ref, depth + 1)
  if (field.type === 'integer') return field.format === 'int64' ? -5e9 : -3
  if (field.type === 'boolean') return true
  if (field.type === 'number') return 1.5
  return field.format === 'byte' ? 'aGVsbG8=' : 'täxt'
}
