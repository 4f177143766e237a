// The schema definitions of schema.gen.json as OpenAPI writes them, in version 2 and version 3.

import { apiVersionOf, type KindEntry, listKindOf } from '../../api/kinds.ts'
import { allDefinitions, type Definition, type Field } from '../../api/schema.ts'
import type { CustomSchemas } from './custom-schemas.ts'
import { descriptionOf, listFields, objectFields } from './descriptions/descriptions.ts'

export type OpenApiVersion = 2 | 3

/** A JSON Schema, or any part of an OpenAPI document. */
export interface OpenApiObject {
  readonly [key: string]: unknown
}

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1'
export const definitionNames = {
  status: `${metaV1}.Status`,
  deleteOptions: `${metaV1}.DeleteOptions`,
  listMeta: `${metaV1}.ListMeta`,
  objectMeta: `${metaV1}.ObjectMeta`,
  patch: `${metaV1}.Patch`,
  apiResourceList: `${metaV1}.APIResourceList`,
  apiGroup: `${metaV1}.APIGroup`,
  apiGroupList: `${metaV1}.APIGroupList`,
} as const

export function listDefinition({ def }: KindEntry): string {
  return `${def}List`
}

export interface SchemaOptions {
  readonly version: OpenApiVersion
  readonly kinds: readonly KindEntry[]
  readonly custom: CustomSchemas
}

export function reference(name: string, version: OpenApiVersion): string {
  return version === 2 ? `#/definitions/${name}` : `#/components/schemas/${name}`
}

/** The named definitions and all they refer to, by name in order. */
export function schemasFor(
  names: Iterable<string>,
  options: SchemaOptions,
): Readonly<Record<string, OpenApiObject>> {
  const lists = new Map(options.kinds.map((entry) => [listDefinition(entry), entry]))
  const made = new Map<string, OpenApiObject>()
  const pending = [...names]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (made.has(name)) continue
    const list = lists.get(name)
    const custom = options.custom(name)
    if (custom) {
      made.set(name, options.version === 2 ? custom.v2 : custom.v3)
      pending.push(...custom.references)
      continue
    }
    made.set(name, list ? listSchema(list, options.version) : definitionSchema(name, options))
    pending.push(...(list ? [list.def, definitionNames.listMeta] : referencesOf(name)))
  }
  return Object.fromEntries([...made].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function referencesOf(name: string): readonly string[] {
  return Object.values(allDefinitions[name]?.fields ?? {}).flatMap(({ ref }) => ref ?? [])
}

function listSchema(entry: KindEntry, version: OpenApiVersion): OpenApiObject {
  const kind = listKindOf(entry)
  const properties: Readonly<Record<string, OpenApiObject>> = {
    apiVersion: { type: 'string' },
    items: { type: 'array', items: { $ref: reference(entry.def, version) } },
    kind: { type: 'string' },
    metadata: { $ref: reference(definitionNames.listMeta, version) },
  }
  return {
    description: `A list of objects of kind ${entry.kind}.`,
    type: 'object',
    required: ['items'],
    properties: Object.fromEntries(
      Object.entries(properties).map(([field, schema]) => [
        field,
        withSiblings(schema, { description: listFields[field] }, version),
      ]),
    ),
    'x-kubernetes-group-version-kind': [{ group: entry.group, version: entry.version, kind }],
  }
}

function definitionSchema(name: string, { version, kinds }: SchemaOptions): OpenApiObject {
  if (name === definitionNames.patch) return { type: 'object' }
  const definition = allDefinitions[name] ?? {}
  const [about, described = {}] = descriptionOf(name) ?? []
  const description = about === undefined ? {} : { description: about }
  if (definition.special) return { ...description, ...specialSchema(definition, version) }
  const fields = Object.entries(definition.fields ?? {})
  const required = fields.filter(([, field]) => field.required).map(([field]) => field)
  const meaning = definition.gvk ? { ...objectFields, ...described } : described
  return {
    ...description,
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && {
      properties: Object.fromEntries(
        fields.map(([field, of]) => [field, fieldSchema(of, version, meaning[field])]),
      ),
    }),
    ...(definition.gvk && {
      'x-kubernetes-group-version-kind': kindsOf(name, definition.gvk, kinds),
    }),
    ...(definition.mapType && { 'x-kubernetes-map-type': definition.mapType }),
    ...(definition.unions !== undefined && { 'x-kubernetes-unions': definition.unions }),
  }
}

function kindsOf(
  name: string,
  gvk: string | readonly string[],
  kinds: readonly KindEntry[],
): readonly OpenApiObject[] {
  const kind = name.slice(name.lastIndexOf('.') + 1)
  const all = new Map(
    kinds.map(({ group, version }) => [apiVersionOf({ group, version }), { group, version }]),
  )
  if (typeof gvk === 'string') return [...all.values()].map((of) => ({ ...of, kind }))
  return gvk.map((text) => {
    const [group = '', version = '', own = ''] = text.split('/')
    return { group, version, kind: own }
  })
}

function specialSchema({ special, type, format }: Definition, version: OpenApiVersion) {
  if (special === 'quantity' && version === 3)
    return { oneOf: [{ type: 'string' }, { type: 'number' }] }
  if (special === 'intOrString' && version === 3)
    return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
  if (type === 'any') return {}
  return { type: type ?? 'object', ...(format && { format }) }
}

function fieldSchema(
  field: Field,
  version: OpenApiVersion,
  description: string | undefined,
): OpenApiObject {
  const element = elementSchema(field, version)
  const isContainer = field.array || field.map
  const mapped = field.map ? { type: 'object', additionalProperties: element } : element
  const whole = field.array
    ? field.map
      ? { type: 'object', additionalProperties: { type: 'array', items: element } }
      : { type: 'array', items: element }
    : mapped
  return withSiblings(
    whole,
    {
      ...(description !== undefined && { description }),
      ...extensionsOf(field),
      ...defaultOf(field, version, isContainer),
    },
    version,
  )
}

function elementSchema(field: Field, version: OpenApiVersion): OpenApiObject {
  if (field.ref) return { $ref: reference(field.ref, version) }
  if (field.type === undefined || field.type === 'any') return {}
  return {
    type: field.type,
    ...(field.format && { format: field.format }),
    ...(field.enum && { enum: field.enum.toSorted() }),
  }
}

/** In version 3 nothing may stand beside a reference, so it goes into allOf. */
function withSiblings(schema: OpenApiObject, siblings: OpenApiObject, version: OpenApiVersion) {
  if (Object.keys(siblings).length === 0) return schema
  return version === 3 && schema['$ref'] !== undefined
    ? { ...siblings, allOf: [schema] }
    : { ...schema, ...siblings }
}

function defaultOf(
  { default: declared, zeroDefault, ref, type }: Field,
  version: OpenApiVersion,
  isContainer: boolean | undefined,
): OpenApiObject {
  if (declared !== undefined) return { default: declared }
  if (!zeroDefault || version === 2 || isContainer) return {}
  if (ref) return { default: {} }
  return { default: type === 'string' ? '' : type === 'boolean' ? false : 0 }
}

function extensionsOf(field: Field): OpenApiObject {
  return {
    ...(field.preserveUnknown && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(field.listMapKeys && { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType && { 'x-kubernetes-list-type': field.listType }),
    ...(field.mapType && { 'x-kubernetes-map-type': field.mapType }),
    ...(field.patchMergeKey && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy && { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
}
