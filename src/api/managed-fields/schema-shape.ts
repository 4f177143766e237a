// How the values of a custom resource are owned, from the schema of its definition.

import type { DraftValue } from '../draft.ts'
import {
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  type Schema,
  valuesOf,
} from '../structural/schema.ts'
import {
  type FieldsShape,
  type MapShape,
  met,
  type Shape,
  scalarShape,
  shapeOf,
  unknownShape,
} from './shape.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

const known = new WeakMap<Schema, Shape>()

/** Of a whole object; without a schema its fields are taken by what they hold. */
export function shapeOfSchema(schema: Schema | undefined): Shape {
  const found = schema && known.get(schema)
  if (found) return found
  const made = shapeOfObject(schema ?? { 'x-kubernetes-preserve-unknown-fields': true })
  if (schema) known.set(schema, made)
  return made
}

function shapeOfPart(schema: Schema): Shape {
  if (isEmbedded(schema)) return shapeOfObject(schema)
  if (schema.type === 'array') return shapeOfList(schema)
  if (schema.type === 'object') return shapeOfFields(schema, [])
  if (isIntOrString(schema) || schema.type) return scalarShape(schema.type, schema.format)
  return unknownShape
}

/** With the fields that every object has. */
function shapeOfObject(schema: Schema): Shape {
  return shapeOfFields(schema, [
    ['apiVersion', scalarShape('string', '')],
    ['kind', scalarShape('string', '')],
    ['metadata', shapeOf(objectMeta)],
  ])
}

function shapeOfFields(schema: Schema, common: readonly (readonly [string, Shape])[]): Shape {
  const content = contentOf(schema, common)
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic'
  return isAtomic ? { kind: 'whole', holds: content } : content
}

function contentOf(
  schema: Schema,
  common: readonly (readonly [string, Shape])[],
): MapShape | FieldsShape {
  const values = valuesOf(schema)
  if (values) return { kind: 'map', value: met(() => shapeOfPart(values)) }
  const own = propertiesOf(schema).map(([name, part]) => [name, shapeOfPart(part)] as const)
  const fields = new Map(
    [...own, ...common].map(([name, shape]) => [name, { step: `f:${name}`, shape }] as const),
  )
  const isOpen = preservesUnknown(schema) || schema.additionalProperties === true
  if (isOpen && fields.size === 0) return { kind: 'map', value: () => unknownShape }
  return {
    kind: 'fields',
    field: (name) =>
      fields.get(name) ?? (isOpen ? { step: `f:${name}`, shape: unknownShape } : undefined),
  }
}

function shapeOfList(schema: Schema): Shape {
  const items = itemsOf(schema)
  const element = met(() => (items ? shapeOfPart(items) : unknownShape))
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return { kind: 'set' }
  if (type !== 'map' || !items) return { kind: 'whole', holds: { kind: 'list', element } }
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []).toSorted()
  const defaults = Object.fromEntries(
    propertiesOf(items)
      .filter(([name, part]) => keys.includes(name) && part.default !== undefined)
      .map(([name, part]) => [name, part.default as DraftValue]),
  )
  return { kind: 'keyed', keys, defaults, element }
}
