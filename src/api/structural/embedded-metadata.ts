// Metadata of custom resources, and of whole objects within them: brought into ObjectMeta's form,
// and checked. The root's own metadata is checked by the strategy of its kind.

import { conform } from '../conform.ts'
import { ConformError } from '../conform-error.ts'
import { type Draft, type DraftValue, draftAs, isDraft } from '../draft.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import { objectMetaDefinition } from '../schema.ts'
import type { ObjectMeta } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'
import { metadataErrors } from '../validation/metadata.ts'
import { dns1035Problems, pathSegmentProblems } from '../validation/names.ts'
import { hasSchema, isEmbedded, itemsOf, propertiesOf, type Schema, valuesOf } from './schema.ts'

export interface CoerceOptions {
  /** What is malformed goes: for objects that are stored already. Else it is an error. */
  readonly isLenient: boolean
  /** Collects places of unknown fields. */
  readonly unknown: string[] | undefined
}

/** Throws ConformError unless lenient. */
export function coerceMetadata(owner: Draft, path: string, options: CoerceOptions): void {
  const { metadata } = owner
  if (metadata === undefined) return
  const place = child(path, 'metadata')
  if (metadata === null) delete owner['metadata']
  else if (isDraft(metadata)) coerceFields(metadata, place, options)
  else if (options.isLenient) delete owner['metadata']
  else throw new ConformError(`metadata: ${mismatch(metadata)}`)
}

function coerceFields(metadata: Draft, place: string, { isLenient, unknown }: CoerceOptions): void {
  const { creationTimestamp } = metadata
  try {
    const gone = conform(objectMetaDefinition, metadata)
    unknown?.push(...gone.map((field) => child(place, field)))
  } catch (error) {
    if (!(error instanceof ConformError)) throw error
    if (!isLenient) throw error
    dropMalformed(metadata)
  }
  if (!creationTimestamp) delete metadata['creationTimestamp']
}

/** Field by field, so that only those that are wrong go. */
function dropMalformed(metadata: Draft): void {
  for (const key of Object.keys(metadata)) {
    const alone: Draft = { [key]: metadata[key] }
    try {
      conform(objectMetaDefinition, alone)
      const value = alone[key]
      if (value === undefined) delete metadata[key]
      else metadata[key] = value
    } catch (error) {
      if (!(error instanceof ConformError)) throw error
      delete metadata[key]
    }
  }
}

function mismatch(value: DraftValue): string {
  const found = Array.isArray(value) ? 'array' : typeof value
  return `json: cannot unmarshal ${found} into Go value of type v1.ObjectMeta`
}

export type CoerceEmbedded = (
  value: DraftValue | undefined,
  path: string,
  options: CoerceOptions,
) => FieldError[]

const nothing: CoerceEmbedded = () => []

/** For the objects within: apiVersion and kind are texts, metadata has its form. In place. */
export function compileCoerce(schema: Schema): CoerceEmbedded {
  if (!hasSchema(schema, isEmbedded)) return nothing
  const walk = compileWalk(schema, compileCoerce)
  const isWhole = isEmbedded(schema)
  return (value, path, options) => [
    ...(isWhole && isDraft(value) ? coerceObject(value, path, options) : []),
    ...walk(value, path, (inner, place, coerce) => coerce(inner, place, options)),
  ]
}

function coerceObject(object: Draft, path: string, options: CoerceOptions): FieldError[] {
  const errors: FieldError[] = []
  for (const key of ['apiVersion', 'kind']) {
    const value = object[key]
    if (value === undefined || typeof value === 'string') continue
    if (options.isLenient) delete object[key]
    else errors.push(invalid(child(path, key), value, 'must be a string'))
  }
  const { metadata } = object
  try {
    coerceMetadata(object, path, options)
  } catch (error) {
    if (!(error instanceof ConformError)) throw error
    errors.push(invalid(child(path, 'metadata'), metadata, error.message))
  }
  return errors
}

export type EmbeddedCheck = (value: DraftValue | undefined, path: string) => FieldError[]

/** Whole objects within must say what they are and have sound metadata. */
export function compileEmbeddedCheck(schema: Schema): EmbeddedCheck {
  if (!hasSchema(schema, isEmbedded)) return () => []
  const walk = compileWalk(schema, compileEmbeddedCheck)
  const isWhole = isEmbedded(schema)
  return (value, path) => [
    ...(isWhole && isDraft(value) ? objectErrors(value, path) : []),
    ...walk(value, path, (inner, place, check) => check(inner, place)),
  ]
}

function objectErrors(object: Draft, path: string): FieldError[] {
  return [
    ...apiVersionErrors(object['apiVersion'], child(path, 'apiVersion')),
    ...kindErrors(object['kind'], child(path, 'kind')),
    ...innerMetadataErrors(object['metadata'], child(path, 'metadata')),
  ]
}

function apiVersionErrors(value: DraftValue | undefined, path: string): FieldError[] {
  if (value === undefined) return [required(path)]
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const isGroupVersion = value.split('/').length <= 2
  return isGroupVersion ? [] : [invalid(path, value, `unexpected GroupVersion string: ${value}`)]
}

function kindErrors(value: DraftValue | undefined, path: string): FieldError[] {
  if (value === undefined) return [required(path)]
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const problems = dns1035Problems(value.toLowerCase())
  const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`
  return problems.length > 0 ? [invalid(path, value, detail)] : []
}

function innerMetadataErrors(value: DraftValue | undefined, path: string): FieldError[] {
  if (!isDraft(value)) return []
  const metadata = draftAs<ObjectMeta>(value)
  // A template's object may be without a name.
  const named = { ...metadata, name: metadata.name || 'fakename' }
  const rules = { namespaced: Boolean(metadata.namespace), nameProblems: pathSegmentProblems }
  return metadataErrors(named, rules, path)
}

type Visit<T> = (value: DraftValue | undefined, path: string, compiled: T) => FieldError[]

/** Goes to the parts of a value with what was compiled from the schema of each. */
function compileWalk<T>(schema: Schema, compile: (part: Schema) => T) {
  const parts = new Map(propertiesOf(schema).map(([key, part]) => [key, compile(part)]))
  const values = valuesOf(schema)
  const other = values && compile(values)
  const items = itemsOf(schema)
  const item = items && compile(items)
  return (value: DraftValue | undefined, path: string, visit: Visit<T>): FieldError[] => {
    if (Array.isArray(value)) {
      if (item === undefined) return []
      return value.flatMap((inner, index) => visit(inner, at(path, index), item))
    }
    if (!isDraft(value)) return []
    return Object.entries(value).flatMap(([key, inner]) => {
      const part = parts.get(key)
      if (part !== undefined) return visit(inner, child(path, key), part)
      return other === undefined ? [] : visit(inner, at(path, key), other)
    })
  }
}
