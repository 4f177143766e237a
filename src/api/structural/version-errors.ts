// What is wrong with one version of a CustomResourceDefinition: its schema, columns, subresources
// and selectable fields. Words: upstream's validation.

import { type DraftOf, isSameMeaning } from '../draft.ts'
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
import { ruleErrors } from './rules/rule-errors.ts'
import { propertiesOf, type Schema } from './schema.ts'
import { defaultErrors, schemaErrors } from './schema-errors.ts'
import { structuralErrors } from './structural-errors.ts'

type Version = DraftOf<CustomResourceDefinitionVersion>

/** A version's schema as one that is only read. */
function schemaOf({ schema }: Version): Schema | undefined {
  return schema?.openAPIV3Schema as Schema | undefined
}

/** `previous` is the same version before an update. */
export function versionErrors(
  version: Version,
  path: string,
  previous?: Version | undefined,
): FieldError[] {
  const { name = '', additionalPrinterColumns, selectableFields, subresources } = version
  const problems = dns1035Problems(name)
  const schema = schemaOf(version)
  return [
    ...when(problems.length > 0, invalid(child(path, 'name'), name, problems.join(','))),
    ...deprecationErrors(version, child(path, 'deprecationWarning')),
    ...(schema
      ? rootSchemaErrors(schema, {
          path: child(path, 'schema.openAPIV3Schema'),
          hasStatus: subresources?.status !== undefined,
          isUnchanged: previous !== undefined && isSameMeaning(previous.schema, version.schema),
        })
      : []),
    ...subresourceErrors(subresources, child(path, 'subresources')),
    ...each(additionalPrinterColumns, child(path, 'additionalPrinterColumns'), columnErrors),
    ...(schema
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
      const found = schemaAt(schema, jsonPath)
      if (!found)
        return [invalid(place, jsonPath, `is an invalid path: does not refer to a valid field`)]
      return [
        ...when(
          jsonPath.startsWith('.metadata'),
          invalid(place, jsonPath, 'must not point to fields in metadata'),
        ),
        ...when(
          !selectableTypes.includes(found.type ?? ''),
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

function schemaAt(schema: Schema, jsonPath: string): Schema | undefined {
  if (!jsonPath.startsWith('.')) return undefined
  return jsonPath
    .slice(1)
    .split('.')
    .reduce<Schema | undefined>(
      (part, name) => part && new Map(propertiesOf(part)).get(name),
      schema,
    )
}
