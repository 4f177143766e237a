// A schema as a CustomResourceDefinition holds it, and ways through it.

import type { JSONSchemaProps } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'

export type Schema = JSONSchemaProps

export interface PlacedSchema {
  readonly schema: Schema
  readonly path: string
}

/** The schema of a list's items; undefined for none, or for the unsupported list of schemas. */
export function itemsOf({ items }: Schema): Schema | undefined {
  return items && !isList(items) ? items : undefined
}

function isList(items: Schema | readonly Schema[]): items is readonly Schema[] {
  return Array.isArray(items)
}

/** The schema of a map's values, where it is one and not merely allowed. */
export function valuesOf({ additionalProperties: values }: Schema): Schema | undefined {
  return typeof values === 'object' ? values : undefined
}

/** Whether keys other than the properties may be there. */
export function hasFreeKeys({ additionalProperties: values }: Schema): boolean {
  return values !== undefined
}

export function propertiesOf({ properties }: Schema): readonly (readonly [string, Schema])[] {
  return Object.entries(properties ?? {})
}

/** Parts that describe the value's own parts: items, properties, values of a map. */
export function partsOf(schema: Schema, path: string): PlacedSchema[] {
  const items = itemsOf(schema)
  const values = valuesOf(schema)
  return [
    ...(items ? [{ schema: items, path: child(path, 'items') }] : []),
    ...propertiesOf(schema).map(([key, part]) => ({
      schema: part,
      path: at(child(path, 'properties'), key),
    })),
    ...(values ? [{ schema: values, path: child(path, 'additionalProperties') }] : []),
  ]
}

/** Further conditions on the same value. */
export function conditionsOf(schema: Schema, path: string): PlacedSchema[] {
  const listed = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((part, index) => ({
      schema: part,
      path: at(child(path, name), index),
    })),
  )
  const { not } = schema
  return [...listed, ...(not ? [{ schema: not, path: child(path, 'not') }] : [])]
}

/** Whether a schema or any part of it is such. */
export function hasSchema(schema: Schema | undefined, isSuch: (part: Schema) => boolean): boolean {
  if (!schema) return false
  if (isSuch(schema)) return true
  return [...partsOf(schema, ''), ...conditionsOf(schema, '')].some((part) =>
    hasSchema(part.schema, isSuch),
  )
}

export function preservesUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true
}

export function isEmbedded(schema: Schema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

export function isIntOrString(schema: Schema): boolean {
  return schema['x-kubernetes-int-or-string'] === true
}

/** A schema whose value is a whole object with apiVersion, kind and metadata. */
export function asEmbedded(schema: Schema): Schema {
  return isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true }
}
