// What is wrong with one version of a CustomResourceDefinition: its schema, columns, subresources
// and selectable fields. Words: upstream's validation.

import type { DraftOf } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
  tooMany,
} from '../field-error.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from '../types.gen.ts'
import { each, when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { dns1035Problems } from '../validation/names.ts'
import { defaultErrors } from './default-errors.ts'
import { ruleErrors } from './rules/rule-errors.ts'
import { followPath } from './rules/rule-path.ts'
import type { Schema } from './schema.ts'
import { schemaErrors } from './schema-errors.ts'
import { structuralErrors } from './structural-errors.ts'

type Version = DraftOf<CustomResourceDefinitionVersion>

/** A version's schema as one that is only read. */
function schemaOf({ schema }: Version): Schema | undefined {
  return schema?.openAPIV3Schema as Schema | undefined
}

/** What versions may have alike: it is then spoken of at the top, as upstream's own form has it. */
export type SharedPart = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'

export const sharedParts: readonly SharedPart[] = [
  'schema',
  'subresources',
  'additionalPrinterColumns',
  'selectableFields',
]

export interface VersionContext {
  /** Parts that are checked here: the others are the same in every version. */
  readonly parts: ReadonlySet<SharedPart>
  readonly hasStatus: boolean
  /** Its schema is as it was before an update. */
  readonly isUnchanged: boolean
}

export function versionErrors(
  version: Version,
  path: string,
  context: VersionContext,
): FieldError[] {
  const { name = '' } = version
  const problems = dns1035Problems(name)
  return [
    ...when(problems.length > 0, invalid(child(path, 'name'), name, problems.join(','))),
    ...deprecationErrors(version, child(path, 'deprecationWarning')),
    ...partErrors(version, { ...context, path, schemaName: 'schema' }),
  ]
}

export interface PartPlace extends VersionContext {
  readonly path: string
  /** What the schema's parent is called there. */
  readonly schemaName: 'schema' | 'validation'
}

export function partErrors(version: Version, place: PartPlace): FieldError[] {
  const { additionalPrinterColumns, selectableFields, subresources } = version
  const { parts, path, schemaName, hasStatus, isUnchanged } = place
  const schema = schemaOf(version)
  const schemaPath = child(path, schemaName, 'openAPIV3Schema')
  return [
    ...(schema && parts.has('schema')
      ? rootSchemaErrors(schema, { path: schemaPath, hasStatus, isUnchanged })
      : []),
    ...(parts.has('subresources')
      ? subresourceErrors(subresources, child(path, 'subresources'))
      : []),
    ...(parts.has('additionalPrinterColumns')
      ? each(additionalPrinterColumns, child(path, 'additionalPrinterColumns'), columnErrors)
      : []),
    ...(schema && parts.has('selectableFields')
      ? selectableErrors(selectableFields ?? [], schema, child(path, 'selectableFields'))
      : []),
  ]
}

function deprecationErrors(version: Version, path: string): FieldError[] {
  const { deprecated, deprecationWarning: warning } = version
  if (warning === undefined) return []
  const [unprintable] = /\p{C}/u.exec(warning) ?? []
  const index = unprintable === undefined ? 0 : warning.indexOf(unprintable)
  const printable = 'must only contain printable UTF-8 characters'
  return [
    ...when(!deprecated, invalid(path, warning, 'can only be set for deprecated versions')),
    ...when(warning.length > 256, invalid(path, warning, 'must be <= 256 characters long')),
    ...when(warning === '', invalid(path, warning, 'must not be an empty string')),
    ...when(
      unprintable !== undefined,
      invalid(path, warning, `${printable}; non-printable character found at index ${index}`),
    ),
  ]
}

/** What the root may say where a status is served beside it; these words are upstream's too. */
const allowedAtRoot =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]'
const notAtRoot: readonly (keyof Schema)[] = [
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'default',
  'definitions',
  'dependencies',
  'enum',
  'id',
  'maxProperties',
  'minProperties',
  'not',
  'nullable',
  'oneOf',
  'patternProperties',
  '$ref',
  '$schema',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
]

interface RootPlace {
  readonly path: string
  readonly hasStatus: boolean
  readonly isUnchanged: boolean
}

function rootSchemaErrors(
  schema: Schema,
  { path, hasStatus, isUnchanged }: RootPlace,
): FieldError[] {
  const structural = structuralErrors(schema, path)
  const unsound = structural.length > 0 ? structural : defaultErrors(schema, path)
  const ofSchema = schemaErrors(schema, path)
  const suffix = 'if the status subresource is enabled'
  return [
    ...when(
      hasStatus && schema.type !== undefined && schema.type !== 'object',
      invalid(
        `${path}.type`,
        schema.type,
        `only "object" is allowed as the type at the root of the schema ${suffix}`,
      ),
    ),
    ...when(
      hasStatus && notAtRoot.some((name) => schema[name] !== undefined && schema[name] !== false),
      invalid(
        path,
        schema,
        `only ${allowedAtRoot} fields are allowed at the root of the schema ${suffix}`,
      ),
    ),
    ...when(schema.nullable, forbidden(`${path}.nullable`, 'nullable cannot be true at the root')),
    ...unsound,
    ...ofSchema,
    ...(unsound.length > 0
      ? []
      : ruleErrors(schema, { path, schemaErrors: ofSchema, isUnchanged })),
  ]
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function columnErrors(column: DraftOf<CustomResourceColumnDefinition>, path: string): FieldError[] {
  const { name = '', type = '', format = '', jsonPath = '' } = column
  const typeDetail = `must be one of ${columnTypes.join(',')}`
  return [
    ...when(name === '', required(child(path, 'name'))),
    ...when(type === '', required(child(path, 'type'), typeDetail)),
    ...when(
      type !== '' && !columnTypes.includes(type),
      invalid(child(path, 'type'), type, typeDetail),
    ),
    ...when(
      format !== '' && !columnFormats.includes(format),
      invalid(child(path, 'format'), format, `must be one of ${columnFormats.join(',')}`),
    ),
    ...when(jsonPath === '', required(child(path, 'JSONPath'))),
    ...when(
      jsonPath !== '' && !jsonPath.startsWith('.'),
      invalid(child(path, 'JSONPath'), jsonPath, 'must be a simple json path starting with .'),
    ),
  ]
}

function subresourceErrors(
  subresources: DraftOf<CustomResourceSubresources> | undefined,
  path: string,
): FieldError[] {
  const { scale } = subresources ?? {}
  if (!scale) return []
  return [
    ...pathErrors(scale.specReplicasPath ?? '', child(path, 'scale.specReplicasPath'), ['.spec']),
    ...pathErrors(scale.statusReplicasPath ?? '', child(path, 'scale.statusReplicasPath'), [
      '.status',
    ]),
    ...(scale.labelSelectorPath
      ? pathErrors(scale.labelSelectorPath, child(path, 'scale.labelSelectorPath'), [
          '.spec',
          '.status',
        ])
      : []),
  ]
}

function pathErrors(text: string, path: string, roots: readonly string[]): FieldError[] {
  if (text === '') return [required(path)]
  if (!text.startsWith('.')) {
    return [invalid(path, text, 'must be a simple json path starting with .')]
  }
  if (roots.some((root) => text.startsWith(`${root}.`))) return []
  const where = roots.length > 1 ? `either ${roots.join(' or ')}` : roots[0]
  return [invalid(path, text, `should be a json path under ${where}`)]
}

const mostSelectable = 8
const selectableTypes = ['string', 'boolean', 'integer']

function selectableErrors(
  fields: readonly DraftOf<SelectableField>[],
  schema: Schema,
  path: string,
): FieldError[] {
  const paths = fields.map(({ jsonPath = '' }) => jsonPath)
  const count = new Set(paths.filter(Boolean)).size
  return [
    ...paths.flatMap((jsonPath, index) => {
      const place = child(at(path, index), 'jsonPath')
      if (jsonPath === '') return [required(place)]
      const found = followPath(jsonPath, schema, { allowsBrackets: false })
      if (typeof found === 'string') {
        return [invalid(place, jsonPath, `is an invalid path: ${found}`)]
      }
      return [
        ...when(
          /^metadata\b/.test(found.path),
          invalid(place, jsonPath, 'must not point to fields in metadata'),
        ),
        ...when(
          !selectableTypes.includes(found.schema.type ?? ''),
          invalid(
            place,
            jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        ),
        ...when(paths.indexOf(jsonPath) < index, duplicate(place, jsonPath)),
      ]
    }),
    ...when(count > mostSelectable, tooMany(path, count, mostSelectable)),
  ]
}
