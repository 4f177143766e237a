// The schema facts of every built-in type: fields, wire numbers, list keys, what is written when
// empty. Read once as JSON; anything derived from it is derived when it is first asked for.

import facts from './schema.gen.json' with { type: 'json' }

/** Types whose JSON form is not that of their fields. */
export type SpecialForm =
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'rawExtension'
  | 'fieldsV1'
  | 'patch'
  | 'json'
  | 'schemaOrArray'
  | 'schemaOrBool'
  | 'schemaOrStringArray'

export interface Field {
  /** The element's definition; else `type` and `format` say what it is. */
  readonly ref?: string
  readonly type?: string
  readonly format?: string
  /** The container around the element; both: a map of arrays. */
  readonly array?: boolean
  readonly map?: boolean
  readonly required?: boolean
  readonly listType?: string
  readonly listMapKeys?: readonly string[]
  readonly mapType?: string
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly default?: unknown
  readonly zeroDefault?: boolean
  readonly enum?: readonly string[]
  readonly known?: readonly string[]
  /** Written to JSON even when zero. */
  readonly emit?: boolean
  /** Absent differs from zero. */
  readonly ptr?: boolean
  readonly gate?: readonly string[]
  readonly validation?: readonly string[]
  readonly intOrString?: boolean
  readonly preserveUnknown?: boolean
  readonly proto?: number
  readonly protoIn?: readonly number[]
  readonly protoName?: string
  readonly protoType?: string
}

export interface Definition {
  readonly gvk?: string | readonly string[]
  readonly proto?: string
  readonly fields?: Readonly<Record<string, Field>>
  readonly mapType?: string
  readonly special?: SpecialForm
  readonly type?: string
  readonly format?: string
  readonly unions?: unknown
  readonly protoInline?: Readonly<Record<string, { proto: number; protoType: string }>>
  readonly protoExtra?: Readonly<Record<string, { proto: number; protoType: string }>>
}

const definitions = facts as unknown as Readonly<Record<string, Definition>>

/** Every definition by name, for documents that list them all. */
export const allDefinitions: Readonly<Record<string, Definition>> = definitions

/** Throws when there is none: names come from the kind table and from the facts themselves. */
export function definitionOf(name: string): Definition {
  const definition = definitions[name]
  if (!definition) throw new Error(`no definition ${name} in the schema`)
  return definition
}

const everywhere = 'all'

const namesByType = new Map<string, string | undefined>()

/** The definition of a type by its names; DeleteOptions and the like are in every group. */
export function definitionNameOf(apiVersion: string, kind: string): string | undefined {
  const wanted = `${apiVersion.includes('/') ? '' : '/'}${apiVersion}/${kind}`
  if (!namesByType.has(wanted) && namesByType.size < 1000) {
    namesByType.set(wanted, findName(wanted, kind))
  }
  return namesByType.get(wanted)
}

/** Types that are read in an older version too, though no list of kinds has it; of the same form. */
const olderTypes: Readonly<Record<string, string>> = {
  'policy/v1beta1/Eviction': 'policy/v1/Eviction',
}

function findName(asked: string, kind: string): string | undefined {
  const wanted = olderTypes[asked] ?? asked
  return Object.keys(definitions).find((name) => {
    const gvk = definitions[name]?.gvk
    if (gvk === everywhere) return name.endsWith(`.${kind}`)
    return Array.isArray(gvk) && gvk.includes(wanted)
  })
}

/** The definition of a field's element, or undefined for a plain value. */
export function elementDefinition(field: Field): Definition | undefined {
  return field.ref === undefined ? undefined : definitionOf(field.ref)
}

/** The field `name` of a definition; undefined when the type has none of that name. */
export function fieldOf(definition: Definition, name: string): Field | undefined {
  const { fields } = definition
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined
}

/** The Go name of a type, for error messages: io.k8s.api.core.v1.Container -> v1.Container. */
export function goTypeName(name: string): string {
  const parts = name.split('.')
  return parts.slice(-2).join('.')
}

export const objectMetaDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
export const quantityDefinition = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
export const labelSelectorDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector'
export const podSpecDefinition = 'io.k8s.api.core.v1.PodSpec'
