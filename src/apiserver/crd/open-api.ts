// The schema of a custom resource's version as OpenAPI v2 and v3 publish it: with apiVersion, kind
// and metadata, also in the objects within. Version 2 leaves out what kubectl can't read there.

import {
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  type Schema,
  valuesOf,
} from '../../api/structural/schema.ts'
import { structuralErrors } from '../../api/structural/structural-errors.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../api/types.gen.ts'
import type { CustomSchema } from '../openapi/custom-schemas.ts'
import { definitionNames, type OpenApiObject, reference } from '../openapi/schemas.ts'

type OpenApiVersion = 2 | 3

const objectMeta = definitionNames.objectMeta

export function customSchema(
  { spec }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): CustomSchema {
  const { openAPIV3Schema: schema } = version.schema ?? {}
  const { group, names } = spec
  const extensions = {
    'x-kubernetes-group-version-kind': [{ group, version: version.name, kind: names.kind }],
    ...(version.selectableFields?.length && {
      'x-kubernetes-selectable-fields': version.selectableFields.map(({ jsonPath }) => ({
        fieldPath: jsonPath.replace(/^\./, ''),
      })),
    }),
  }
  const isKnown = schema !== undefined && structuralErrors(schema, '').length === 0
  const made = (of: OpenApiVersion): OpenApiObject => {
    const isOpaque =
      of === 2 && (spec.preserveUnknownFields || (schema && preservesUnknown(schema)))
    if (!isKnown || isOpaque) return { type: 'object', ...extensions }
    return { ...rootSchema(schema, of), ...extensions }
  }
  return { v2: made(2), v3: made(3), references: [objectMeta] }
}

function rootSchema(schema: Schema, of: OpenApiVersion): OpenApiObject {
  const written = written2or3(schema, of)
  const properties = written['properties'] as OpenApiObject | undefined
  return { ...written, properties: { ...properties, ...typeProperties(of) } }
}

/** The first words are those that people look for. */
const descriptions = {
  apiVersion: 'APIVersion defines by which version of its group the object is written.',
  kind: 'Kind is what the object is: the name of its type, in CamelCase.',
  metadata: "Standard object's metadata: its name, its labels, and what the system notes about it.",
}

function typeProperties(of: OpenApiVersion): OpenApiObject {
  const meta = { $ref: reference(objectMeta, of) }
  const { apiVersion, kind, metadata } = descriptions
  return {
    apiVersion: { type: 'string', description: apiVersion },
    kind: { type: 'string', description: kind },
    metadata: {
      ...(of === 2 ? meta : { allOf: [meta], default: {} }),
      description: metadata,
    },
  }
}

function written2or3(schema: Schema, of: OpenApiVersion): OpenApiObject {
  const { items: _items, properties: _properties, additionalProperties: _values, ...own } = schema
  const shown = of === 2 ? plainer(schema) : unfolded(own, schema)
  const isLeaf = of === 2 && (schema.nullable || preservesUnknown(schema))
  const items = itemsOf(schema)
  const properties = propertiesOf(schema)
  const values = valuesOf(schema)
  const written: OpenApiObject = {
    ...shown,
    ...(items && !isLeaf && { items: written2or3(items, of) }),
    ...(properties.length > 0 &&
      !isLeaf && {
        properties: Object.fromEntries(
          properties.map(([key, part]) => [key, written2or3(part, of)]),
        ),
      }),
    ...(schema.additionalProperties !== undefined && {
      additionalProperties: values ? written2or3(values, of) : schema.additionalProperties,
    }),
  }
  return isEmbedded(schema) && !isLeaf ? withTypeFields(written, of) : written
}

function withTypeFields(written: OpenApiObject, of: OpenApiVersion): OpenApiObject {
  const properties = written['properties'] as OpenApiObject | undefined
  const required = (written['required'] as readonly string[] | undefined) ?? []
  const missing = ['kind', 'apiVersion'].filter((name) => !required.includes(name))
  return {
    ...written,
    properties: { ...properties, ...typeProperties(of) },
    required: [...required, ...missing],
  }
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** An int-or-string says so in words that any reader of schemas knows. */
function unfolded(own: Omit<Schema, 'items' | 'properties'>, schema: Schema): OpenApiObject {
  if (!isIntOrString(schema) || isSpelledOut(schema)) return own
  if (!schema.anyOf) return { ...own, anyOf: intOrString }
  return { ...own, allOf: [{ anyOf: intOrString }, ...(schema.allOf ?? [])] }
}

function isSpelledOut({ anyOf, allOf }: Schema): boolean {
  const spelled = JSON.stringify(intOrString)
  return JSON.stringify(anyOf) === spelled || JSON.stringify(allOf?.[0]?.anyOf) === spelled
}

/** Without junctions, nullable and defaults; what may be anything has no type. */
function plainer(schema: Schema): OpenApiObject {
  const { items, properties, additionalProperties: values, required, ...all } = schema
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, nullable, default: _, ...own } = all
  const { type, ...rest } = own
  const isUntyped = nullable || preservesUnknown(schema) || (type === 'array' && !items)
  const kept = (required ?? []).filter((name) => !properties?.[name]?.nullable)
  const isFree = typeof values === 'object' && values.nullable
  return {
    ...rest,
    ...(!isUntyped && type && { type }),
    ...(kept.length > 0 && !isFree && { required: kept }),
  }
}
