// Whether a schema is structural: types are said outside of anyOf and the like, and what is said
// within those is also specified outside. Words: upstream's schema validation.

import { goRegExp, PatternError } from '../../lib/go-regexp.ts'
import { isSame } from '../draft.ts'
import { errorBody, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { at, child } from '../validation/field-path.ts'
import {
  conditionsOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  type Schema,
  valuesOf,
} from './schema.ts'

type Level = 'root' | 'item' | 'field'

/** Sorted by their text, as upstream does. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const text = (error: FieldError) => `${error.field}: ${errorBody(error)}`
  return [
    ...invariantErrors(schema, 'root', path),
    ...completenessErrors(schema, schema, { path, at: path }),
  ].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
}

function invariantErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const items = itemsOf(schema)
  const values = valuesOf(schema)
  const { additionalProperties } = schema
  return [
    ...(schema.type === 'array' && !items
      ? [required(child(path, 'items'), 'must be specified')]
      : []),
    ...(items ? invariantErrors(items, 'item', child(path, 'items')) : []),
    ...propertiesOf(schema).flatMap(([key, part]) =>
      invariantErrors(part, 'field', at(child(path, 'properties'), key)),
    ),
    ...(additionalProperties !== undefined && level === 'root'
      ? [forbidden(child(path, 'additionalProperties'), 'must not be used at the root')]
      : []),
    ...(values ? invariantErrors(values, 'field', child(path, 'additionalProperties')) : []),
    ...extensionErrors(schema, path),
    ...conditionErrors(schema, path, intOrStringSkips(schema)),
    ...typeErrors(schema, level, path),
    ...wholeObjectErrors(schema, level, path),
  ]
}

function extensionErrors(schema: Schema, path: string): FieldError[] {
  if (!isIntOrString(schema)) return []
  const detail = 'must be false if x-kubernetes-int-or-string is true'
  return [
    ...(preservesUnknown(schema)
      ? [invalid(child(path, 'x-kubernetes-preserve-unknown-fields'), true, detail)]
      : []),
    ...(isEmbedded(schema)
      ? [invalid(child(path, 'x-kubernetes-embedded-resource'), true, detail)]
      : []),
  ]
}

const emptyTypes: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function typeErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const { type = '' } = schema
  const place = child(path, 'type')
  const isFree = isIntOrString(schema) || preservesUnknown(schema)
  const rootErrors =
    level === 'root' && type !== '' && type !== 'object'
      ? [invalid(place, type, 'must be object at the root')]
      : []
  if (isEmbedded(schema) && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    return [type === '' ? required(place, detail) : invalid(place, type, detail), ...rootErrors]
  }
  return [...(type === '' && !isFree ? [required(place, emptyTypes[level])] : []), ...rootErrors]
}

function wholeObjectErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const isWhole = level === 'root' || isEmbedded(schema)
  const properties = new Map(propertiesOf(schema))
  const propertyPath = (key: string) => at(child(path, 'properties'), key)
  const metadata = properties.get('metadata')
  const isBare = isEmbedded(schema) && !preservesUnknown(schema) && properties.size === 0
  return [
    ...(isEmbedded(schema) && schema.additionalProperties !== undefined
      ? [
          forbidden(
            child(path, 'additionalProperties'),
            'must not be used if x-kubernetes-embedded-resource is set',
          ),
        ]
      : []),
    ...['kind', 'apiVersion'].flatMap((key) => {
      const part = properties.get(key)
      if (!part || !isWhole || part.type === 'string') return []
      return [invalid(child(propertyPath(key), 'type'), part.type ?? '', 'must be string')]
    }),
    ...(metadata
      ? metadataSchemaErrors(metadata, { isWhole, level, path: propertyPath('metadata') })
      : []),
    ...(isBare
      ? [
          required(
            child(path, 'properties'),
            'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
          ),
        ]
      : []),
  ]
}

interface MetadataPlace {
  readonly isWhole: boolean
  readonly level: Level
  readonly path: string
}

function metadataSchemaErrors(
  schema: Schema,
  { isWhole, level, path }: MetadataPlace,
): FieldError[] {
  const { type = '', default: _default, properties = {}, ...rest } = schema
  const names = Object.keys(properties)
  const isNamesOnly = names.every((name) => name === 'name' || name === 'generateName')
  const isMore = !isNamesOnly || Object.keys(rest).length > 0
  return [
    ...(isWhole && type !== 'object' ? [invalid(child(path, 'type'), type, 'must be object')] : []),
    ...(level === 'root' && isMore
      ? [
          forbidden(
            path,
            'must not specify anything other than name and generateName, but metadata is implicitly specified',
          ),
        ]
      : []),
  ]
}

interface Skips {
  /** anyOf is the one way to write int-or-string with types in it. */
  readonly any: boolean
  readonly firstAll: boolean
}

const intOrStringTypes = [{ type: 'integer' }, { type: 'string' }]

function intOrStringSkips({ anyOf, allOf }: Schema): Skips {
  return {
    any: isSame(anyOf, intOrStringTypes),
    firstAll: isSame(allOf?.[0]?.anyOf, intOrStringTypes),
  }
}

function conditionErrors(schema: Schema, path: string, skips: Skips): FieldError[] {
  const anyPath = child(path, 'anyOf')
  const firstAll = at(child(path, 'allOf'), 0)
  return [
    ...conditionsOf(schema, path).flatMap((part) => {
      if (skips.any && part.path.startsWith(`${anyPath}[`)) return []
      const isSkipped = skips.firstAll && part.path === firstAll
      return nestedErrors(part.schema, part.path, { any: isSkipped, firstAll: false })
    }),
    ...patternErrors(schema, path),
  ]
}

function patternErrors({ pattern }: Schema, path: string): FieldError[] {
  if (!pattern) return []
  try {
    goRegExp(pattern)
    return []
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const detail = `must be a valid regular expression, but isn't: ${error.message}`
    return [invalid(child(path, 'pattern'), pattern, detail)]
  }
}

/** What may not be said within anyOf, allOf, oneOf and not. */
const notNested: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function nestedErrors(schema: Schema, path: string, skips: Skips): FieldError[] {
  const items = itemsOf(schema)
  const metadata = at(child(path, 'properties'), 'metadata')
  return [
    ...conditionErrors(schema, path, skips),
    ...(items ? nestedErrors(items, child(path, 'items'), noSkips) : []),
    ...propertiesOf(schema).flatMap(([key, part]) =>
      nestedErrors(part, at(child(path, 'properties'), key), noSkips),
    ),
    ...notNested
      .filter(([name]) => isSaid(schema[name]))
      .map(([name, detail]) => forbidden(child(path, name), detail)),
    ...(schema.properties && Object.hasOwn(schema.properties, 'metadata')
      ? [forbidden(metadata, 'must not be specified in a nested context')]
      : []),
  ]
}

const noSkips: Skips = { any: false, firstAll: false }

function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== false && value !== ''
}

interface Places {
  /** Where it should be specified, and where it is used. */
  readonly path: string
  readonly at: string
}

/** All that conditions speak of must be specified by the schema they belong to. */
function completenessErrors(
  condition: Schema,
  schema: Schema | undefined,
  places: Places,
): FieldError[] {
  return conditionsOf(condition, places.at).flatMap((part) =>
    partCompleteness(part.schema, schema, { path: places.path, at: part.path }),
  )
}

function partCompleteness(
  condition: Schema,
  schema: Schema | undefined,
  places: Places,
): FieldError[] {
  if (!schema) return [required(places.path, `because it is defined in ${places.at}`)]
  const items = itemsOf(condition)
  const properties = new Map(propertiesOf(schema))
  return [
    ...completenessErrors(condition, schema, places),
    ...(items
      ? partCompleteness(items, itemsOf(schema), {
          path: child(places.path, 'items'),
          at: child(places.at, 'items'),
        })
      : []),
    ...propertiesOf(condition).flatMap(([key, part]) =>
      partCompleteness(part, properties.get(key), {
        path: at(child(places.path, 'properties'), key),
        at: at(child(places.at, 'properties'), key),
      }),
    ),
  ]
}
