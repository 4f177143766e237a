// What is wrong with a schema of a CustomResourceDefinition beside its structure: what is not
// supported, list and map types, rules' texts, defaults where none may be.

import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { ruleTextErrors } from './rules/rule-texts.ts'
import {
  conditionsOf,
  isEmbedded,
  itemsOf,
  type PlacedSchema,
  partsOf,
  propertiesOf,
  type Schema,
} from './schema.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']

interface Position {
  readonly path: string
  readonly isRoot: boolean
  /** Within apiVersion, kind or metadata of a whole object. */
  readonly isInMeta: boolean
  /** Why no default may be here: in the root's own metadata. */
  readonly noDefault?: string
}

export function schemaErrors(schema: Schema, path: string): FieldError[] {
  return partErrors(schema, { path, isRoot: true, isInMeta: false })
}

const typeFields = ['apiVersion', 'kind', 'metadata']

function partErrors(schema: Schema, position: Position): FieldError[] {
  const { path, isInMeta, noDefault } = position
  return [
    ...unsupportedErrors(schema, path),
    ...when(
      schema.default !== undefined && noDefault !== undefined,
      forbidden(child(path, 'default'), `must not be set ${noDefault}`),
    ),
    ...when(
      isInMeta && isEmbedded(schema),
      forbidden(
        child(path, 'x-kubernetes-embedded-resource'),
        'must not be used inside of resource meta',
      ),
    ),
    ...extensionErrors(schema, path),
    ...listErrors(schema, path),
    ...ruleTextErrors(schema, path),
    ...[...partsOf(schema, path), ...conditionsOf(schema, path)].flatMap((part) =>
      partErrors(part.schema, positionOf(part, schema, position)),
    ),
  ]
}

function positionOf(part: PlacedSchema, schema: Schema, outer: Position): Position {
  const { path, isRoot, isInMeta } = outer
  const inner = { ...outer, path: part.path, isRoot: false }
  const field = typeFields.find((name) => part.path === at(child(path, 'properties'), name))
  if (field && (isRoot || isEmbedded(schema))) {
    return { ...inner, isInMeta: true, ...(isRoot && { noDefault: `in top-level ${field}` }) }
  }
  if (isInMeta && part.path === child(path, 'additionalProperties')) {
    return { ...inner, noDefault: 'inside additionalProperties applying to object metadata' }
  }
  return inner
}

/** Words for the fields of JSON schema that custom resources do without. */
const unsupported: readonly (readonly [keyof Schema, string])[] = [
  ['id', 'id is not supported'],
  ['additionalItems', 'additionalItems is not supported'],
  ['patternProperties', 'patternProperties is not supported'],
  ['definitions', 'definitions is not supported'],
  ['dependencies', 'dependencies is not supported'],
  ['$ref', '$ref is not supported'],
]

function unsupportedErrors(schema: Schema, path: string): FieldError[] {
  const { type = '', items } = schema
  const place = child(path, 'type')
  return [
    ...when(schema.uniqueItems, forbidden(child(path, 'uniqueItems'), quadratic)),
    ...when(
      schema.properties &&
        Object.keys(schema.properties).length > 0 &&
        schema.additionalProperties !== undefined &&
        schema.additionalProperties !== true,
      forbidden(
        child(path, 'additionalProperties'),
        'additionalProperties and properties are mutual exclusive',
      ),
    ),
    ...when(type !== '' && !types.includes(type), notSupported(place, type, types)),
    ...unsupported
      .filter(([name]) => schema[name] !== undefined && schema[name] !== '')
      .map(([name, detail]) => forbidden(child(path, name), detail)),
    ...when(
      type === 'null',
      forbidden(place, 'type cannot be set to null, use nullable as an alternative'),
    ),
    ...when(
      Array.isArray(items),
      forbidden(child(path, 'items'), 'items must be a schema object and not an array'),
    ),
  ]
}

const quadratic = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'

function extensionErrors(schema: Schema, path: string): FieldError[] {
  const { type = '' } = schema
  const mapType = schema['x-kubernetes-map-type']
  const preserve = 'x-kubernetes-preserve-unknown-fields'
  return [
    ...when(
      schema[preserve] === false,
      invalid(child(path, preserve), false, 'must be true or undefined'),
    ),
    ...when(
      mapType !== undefined && type !== 'object',
      typed(child(path, 'type'), type, 'must be object if x-kubernetes-map-type is specified'),
    ),
    ...when(
      mapType !== undefined && !['atomic', 'granular'].includes(mapType),
      notSupported(child(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']),
    ),
  ]
}

function typed(path: string, type: string, detail: string): FieldError {
  return type === '' ? required(path, detail) : invalid(path, type, detail)
}

const listTypes = ['atomic', 'set', 'map']

function listErrors(schema: Schema, path: string): FieldError[] {
  const { type = '' } = schema
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const typePath = child(path, 'x-kubernetes-list-type')
  const onlyMap = 'must be map if x-kubernetes-list-map-keys is non-empty'
  return [
    ...(listType !== undefined && type !== 'array'
      ? [typed(child(path, 'type'), type, 'must be array if x-kubernetes-list-type is specified')]
      : listType === 'set'
        ? setItemErrors(schema, path)
        : []),
    ...when(
      listType !== undefined && !listTypes.includes(listType),
      notSupported(typePath, listType, listTypes),
    ),
    ...when(keys.length > 0 && listType !== 'map', typed(typePath, listType ?? '', onlyMap)),
    ...(listType === 'map' ? listMapErrors(schema, path) : []),
    ...(listType === 'map' || listType === 'set' ? keyedItemErrors(schema, path) : []),
  ]
}

function setItemErrors(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema)
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  const place = child(path, 'items')
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalid(child(place, 'x-kubernetes-list-type'), listType, detail)]
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    return [invalid(child(place, 'x-kubernetes-map-type'), listType ?? null, detail)]
  }
  return []
}

function listMapErrors(schema: Schema, path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keysPath = child(path, 'x-kubernetes-list-map-keys')
  const itemsPath = child(path, 'items')
  const items = itemsOf(schema)
  if (!items) {
    return [
      ...when(keys.length === 0, required(keysPath, emptyKeys)),
      required(itemsPath, 'must have a schema if x-kubernetes-list-type is map'),
    ]
  }
  const objectOnly = "must be object if parent array's x-kubernetes-list-type is map"
  const scalarOnly = "must be a scalar type if parent array's x-kubernetes-list-type is map"
  return [
    ...when(keys.length === 0, required(keysPath, emptyKeys)),
    ...when(
      items.type !== 'object',
      invalid(child(itemsPath, 'type'), items.type ?? '', objectOnly),
    ),
    ...(items.type === 'object' ? keys : []).flatMap((key, index) => {
      const property = new Map(propertiesOf(items)).get(key)
      const isNested = property?.type === 'array' || property?.type === 'object'
      const typePath = child(at(child(itemsPath, 'properties'), key), 'type')
      return [
        ...when(isNested, invalid(typePath, items.type, scalarOnly)),
        ...when(!property, invalid(keysPath, keys, 'entries must all be names of item properties')),
        ...when(
          keys.indexOf(key) < index,
          invalid(keysPath, keys, 'must not contain duplicate entries'),
        ),
      ]
    }),
  ]
}

const emptyKeys = 'must not be empty if x-kubernetes-list-type is map'

function keyedItemErrors(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema)
  if (!items) return []
  const itemsPath = child(path, 'items')
  const listType = schema['x-kubernetes-list-type']
  const keys = listType === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : []
  const properties = new Map(propertiesOf(items))
  const isKey = 'this property is in x-kubernetes-list-map-keys, so it'
  return [
    ...when(
      items.nullable,
      forbidden(
        child(itemsPath, 'nullable'),
        `cannot be nullable when x-kubernetes-list-type is ${listType}`,
      ),
    ),
    ...keys.flatMap((key) => {
      const property = properties.get(key)
      if (!property) return []
      const place = at(child(itemsPath, 'properties'), key)
      const isGiven = items.required?.includes(key) || property.default !== undefined
      return [
        ...when(
          !isGiven,
          required(
            child(place, 'default'),
            `${isKey} must have a default or be a required property`,
          ),
        ),
        ...when(
          property.nullable,
          forbidden(child(place, 'nullable'), `${isKey} cannot be nullable`),
        ),
      ]
    }),
  ]
}
