// What holds for the metadata of every object, on create and on update.
// Source of the rules and words: apimachinery's api/validation/objectmeta.go.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import {
  all,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-error.ts'
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../types.gen.ts'
import { at, child } from './field-path.ts'
import {
  dnsLabelProblems,
  labelValueProblems,
  maskTrailingDash,
  type NameCheck,
  qualifiedNameProblems,
} from './names.ts'

type Meta = DraftOf<ObjectMeta>

export const immutableDetail = 'field is immutable'
export const negativeDetail = 'must be greater than or equal to 0'

const annotationsLimitBytes = 256 * 1024

export interface MetadataRules {
  readonly namespaced: boolean
  readonly nameProblems: NameCheck
}

export function metadataErrors(meta: Meta, rules: MetadataRules, path = 'metadata'): FieldError[] {
  return all(
    nameErrors(meta, rules, path),
    namespaceErrors(meta, rules, path),
    nonNegativeErrors(meta.generation ?? 0, child(path, 'generation')),
    attachmentErrors(meta, path),
    finalizerErrors(meta.finalizers ?? [], child(path, 'finalizers')),
    managedFieldsErrors(meta.managedFields ?? [], child(path, 'managedFields')),
  )
}

function nameErrors(meta: Meta, { nameProblems }: MetadataRules, path: string): FieldError[] {
  const { name, generateName } = meta
  const prefixProblems = generateName ? nameProblems(maskTrailingDash(generateName)) : []
  const field = child(path, 'name')
  return all(
    prefixProblems.map((problem) => invalid(child(path, 'generateName'), generateName, problem)),
    name
      ? nameProblems(name).map((problem) => invalid(field, name, problem))
      : [required(field, 'name or generateName is required')],
  )
}

function namespaceErrors(meta: Meta, { namespaced }: MetadataRules, path: string): FieldError[] {
  const { namespace } = meta
  const field = child(path, 'namespace')
  if (!namespaced) return namespace ? [forbidden(field, 'not allowed on this type')] : []
  if (!namespace) return [required(field)]
  return dnsLabelProblems(namespace).map((problem) => invalid(field, namespace, problem))
}

/** Labels, annotations and owners: the same on create and on update. */
function attachmentErrors(meta: Meta, path: string): FieldError[] {
  return all(
    labelsErrors(meta.labels, child(path, 'labels')),
    annotationsErrors(meta.annotations, child(path, 'annotations')),
    ownerErrors(meta.ownerReferences ?? [], child(path, 'ownerReferences')),
  )
}

export function nonNegativeErrors(value: number, path: string): FieldError[] {
  return value < 0 ? [invalid(path, value, negativeDetail)] : []
}

type Labels = Readonly<Record<string, string | undefined>>

export function labelsErrors(labels: Labels | null | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    const value = labels[key] ?? ''
    for (const problem of qualifiedNameProblems(key)) errors.push(invalid(path, key, problem))
    for (const problem of labelValueProblems(value)) errors.push(invalid(path, value, problem))
  }
  return errors
}

export function qualifiedNameErrors(name: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(name)
  return problems.length === 0 ? [] : problems.map((problem) => invalid(path, name, problem))
}

export function annotationsErrors(annotations: Labels | undefined, path: string): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const size = entries.reduce(
    (sum, [key, value = '']) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  return all(
    entries.flatMap(([key]) =>
      qualifiedNameProblems(key.toLowerCase()).map((problem) => invalid(path, key, problem)),
    ),
    size > annotationsLimitBytes ? [tooLong(path, annotationsLimitBytes)] : [],
  )
}

type Owner = DraftOf<OwnerReference>

function ownerErrors(owners: readonly Owner[], path: string): FieldError[] {
  const controllers = owners.filter(({ controller }) => controller)
  const [first] = controllers
  return all(
    owners.flatMap((owner, index) => oneOwnerErrors(owner, at(path, index))),
    controllers.slice(1).map((owner) => {
      const names = `${first?.kind}/${first?.name} and ${owner.kind}/${owner.name}`
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${names}`
      return invalid(path, owners, detail)
    }),
  )
}

function oneOwnerErrors(owner: Owner, path: string): FieldError[] {
  const { apiVersion, kind, name, uid } = owner
  const isBanned = apiVersion === 'v1' && kind === 'Event'
  return all(
    apiVersionErrors(apiVersion, child(path, 'apiVersion')),
    kind ? [] : [required(child(path, 'kind'), 'must not be empty')],
    name ? [] : [required(child(path, 'name'), 'must not be empty')],
    uid ? [] : [required(child(path, 'uid'), 'must not be empty')],
    isBanned ? [invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner')] : [],
  )
}

function apiVersionErrors(apiVersion: string | undefined, path: string): FieldError[] {
  if (!apiVersion) return [required(path, 'must not be empty')]
  const parts = apiVersion.split('/')
  if (parts.length <= 2 && parts.at(-1) !== '') return []
  return [invalid(path, apiVersion, 'must be <group>/<version> or <version>')]
}

export function finalizerErrors(finalizers: readonly string[], path: string): FieldError[] {
  const isBoth = finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
  return all(
    finalizers.flatMap((finalizer) => qualifiedNameErrors(finalizer, path)),
    isBoth
      ? [invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
      : [],
  )
}

type Managed = DraftOf<ManagedFieldsEntry>

function managedFieldsErrors(entries: readonly Managed[], path: string): FieldError[] {
  return entries.flatMap((entry, index) => oneManagedErrors(entry, at(path, index)))
}

function oneManagedErrors(entry: Managed, path: string): FieldError[] {
  const { operation, fieldsType, manager = '', subresource = '' } = entry
  const operations = ['Apply', 'Update']
  return all(
    operation ? [] : [required(child(path, 'operation'), 'must not be empty')],
    operation && !operations.includes(operation)
      ? [notSupported(child(path, 'operation'), operation, operations)]
      : [],
    fieldsType && fieldsType !== 'FieldsV1'
      ? [invalid(child(path, 'fieldsType'), fieldsType, 'must be `FieldsV1`')]
      : [],
    fieldManagerErrors(manager, child(path, 'manager')),
    Buffer.byteLength(subresource) > 256 ? [tooLong(child(path, 'subresource'), 256)] : [],
  )
}

const usualManager = /^[\x20-\x7e]{0,128}$/

/** The name a client gives itself: short and printable. */
export function fieldManagerErrors(manager: string, path: string): FieldError[] {
  if (usualManager.test(manager)) return []
  const position = manager.search(/[^\P{C}]/u)
  const code = manager.codePointAt(Math.max(0, position)) ?? 0
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return all(
    Buffer.byteLength(manager) > 128 ? [tooLong(path, 128)] : [],
    position >= 0
      ? [invalid(path, manager, `invalid character ${shown} (at position ${position})`)]
      : [],
  )
}

/** What an update may not change, and what must hold afterwards. */
export function metadataUpdateErrors(next: Meta, previous: Meta, path = 'metadata'): FieldError[] {
  const { resourceVersion, generation = 0 } = next
  return all(
    previous.deletionTimestamp ? newFinalizerErrors(next, previous, path) : [],
    resourceVersion
      ? []
      : [invalid(child(path, 'resourceVersion'), '', 'must be specified for an update')],
    generation < (previous.generation ?? 0)
      ? [invalid(child(path, 'generation'), generation, 'must not be decremented')]
      : [],
    fixedFields.flatMap((field) =>
      immutableErrors(next[field], previous[field], child(path, field)),
    ),
    attachmentErrors(next, path),
    managedFieldsErrors(next.managedFields ?? [], child(path, 'managedFields')),
  )
}

const fixedFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

function newFinalizerErrors(next: Meta, previous: Meta, path: string): FieldError[] {
  const before = previous.finalizers ?? []
  const added = [...new Set(next.finalizers ?? [])].filter((name) => !before.includes(name))
  if (added.length === 0) return []
  const list = added.toSorted().map((name) => JSON.stringify(name))
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(', ')}}`
  return [forbidden(child(path, 'finalizers'), detail)]
}

export function immutableErrors(next: unknown, previous: unknown, path: string): FieldError[] {
  return isSameMeaning(next, previous) ? [] : [invalid(path, next, immutableDetail)]
}

const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Finalizers without a prefix are Kubernetes' own. */
export function kubeFinalizerErrors(name: string, path: string): FieldError[] {
  const isOdd = !name.includes('/') && !ownFinalizers.includes(name)
  const detail = 'name is neither a standard finalizer name nor is it fully qualified'
  return isOdd ? [invalid(path, name, detail)] : []
}
