// What the registry asks of a custom resource: defaults, status separation, generation, and
// validation by the schema of its version. Source: upstream's customresource strategies.

import { type Draft, type DraftValue, draftAs, isDraft, isSameMeaning } from '../../api/draft.ts'
import { type FieldError, invalid } from '../../api/field-error.ts'
import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { prepareMetadataForUpdate } from '../../api/prepare.ts'
import type { Strategy, WriteStrategy } from '../../api/strategies.ts'
import type { CompiledSchema } from '../../api/structural/compiled-schema.ts'
import type { ObjectMeta } from '../../api/types.gen.ts'
import { metadataErrors, metadataUpdateErrors } from '../../api/validation/metadata.ts'
import { dnsSubdomainProblems } from '../../api/validation/names.ts'
import { forbidden } from '../registry/errors.ts'
import type { ScalePaths } from '../registry/resource.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { createRuleCheck } from './rule-check.ts'
import { scaleErrors, scaleStatusErrors } from './scale-errors.ts'
import type { SelectableFields } from './selectable-fields.ts'

export interface CustomStrategyOptions {
  readonly entry: KindEntry
  readonly schema: CompiledSchema
  readonly selectable: SelectableFields
  readonly scale: ScalePaths | undefined
  /** The definition is being deleted: nothing new may come. */
  readonly isTerminating: boolean
}

export function customStrategy(options: CustomStrategyOptions): Strategy {
  const { entry, selectable } = options
  const status = statusStrategy(options)
  const hasStatus = entry.subresources?.['status'] !== undefined
  return {
    ...mainStrategy(options, hasStatus),
    entry,
    allowsUnconditionalUpdate: false,
    allowsCreateOnUpdate: false,
    selectableFieldNames: selectable.names,
    selectableFields: selectable.fieldsOf,
    subresource: (name) => (name === 'status' && hasStatus ? status : undefined),
  }
}

function mainStrategy(
  { entry, schema, scale, isTerminating }: CustomStrategyOptions,
  hasStatus: boolean,
): WriteStrategy {
  const rules = { namespaced: entry.namespaced, nameProblems: dnsSubdomainProblems }
  const ruled = createRuleCheck(schema)
  return {
    applyDefaults: schema.applyDefaults,
    prepareForCreate(object) {
      if (isTerminating) {
        const why = 'create not allowed while custom resource definition is terminating'
        throw forbidden(entry, metadataOf(object).name ?? '', why)
      }
      if (hasStatus) delete object['status']
      metadataOf(object).generation = 1
    },
    prepareForUpdate(next, previous) {
      prepareMetadataForUpdate(metadataOf(next), metadataOf(previous))
      if (hasStatus) keepStatus(next, previous)
      if (!isSameMeaning(withoutMetadata(next), withoutMetadata(previous))) {
        metadataOf(next).generation = (metadataOf(previous).generation ?? 0) + 1
      }
    },
    validateCreate: (object) =>
      typeErrors(entry, object) ??
      ruled(object, undefined, [
        ...metadataErrors(metadataOf(object), rules),
        ...schema.errors(object),
        ...scaleErrors(scale, object),
      ]),
    validateUpdate: (next, previous) =>
      typeErrors(entry, next) ??
      ruled(next, previous, [
        ...metadataUpdateErrors(metadataOf(next), metadataOf(previous)),
        ...schema.updateErrors(next, previous),
        ...scaleErrors(scale, next),
      ]),
    warnings: (next, previous) => [
      ...ruled.warningsOf(next),
      ...finalizerWarnings(
        metadataOf(next).finalizers ?? [],
        (previous && metadataOf(previous).finalizers) ?? [],
      ),
    ],
  }
}

function statusStrategy({ entry, schema, scale }: CustomStrategyOptions): WriteStrategy {
  const ruled = createRuleCheck(schema)
  return {
    applyDefaults: schema.applyDefaults,
    prepareForCreate() {},
    prepareForUpdate: keepAllButStatus,
    validateCreate: () => [],
    validateUpdate: (next, previous) =>
      typeErrors(entry, next) ??
      ruled(next, previous, [
        ...metadataUpdateErrors(metadataOf(next), metadataOf(previous)),
        ...schema.statusErrors(next, previous),
        ...scaleStatusErrors(scale, next),
      ]),
    warnings: (next) => ruled.warningsOf(next),
  }
}

function metadataOf(object: Draft) {
  if (!isDraft(object['metadata'])) object['metadata'] = {}
  return draftAs<ObjectMeta>(object['metadata'] as Draft)
}

function withoutMetadata({ metadata: _, ...rest }: Draft): Draft {
  return rest
}

function keepStatus(next: Draft, previous: Draft): void {
  const { status } = previous
  if (status === undefined) delete next['status']
  else next['status'] = status
}

/** Through the status endpoint nothing else changes, not even labels; only who owns what. */
function keepAllButStatus(next: Draft, previous: Draft): void {
  const { status } = next
  const { managedFields, resourceVersion } = metadataOf(next)
  for (const key of Object.keys(next)) delete next[key]
  Object.assign(next, previous)
  const metadata: Draft = { ...(previous['metadata'] as Draft) }
  setOrDelete(metadata, 'managedFields', managedFields as DraftValue | undefined)
  setOrDelete(metadata, 'resourceVersion', resourceVersion)
  next['metadata'] = metadata
  setOrDelete(next, 'status', status)
}

function setOrDelete(object: Draft, key: string, value: DraftValue | undefined): void {
  if (value === undefined) delete object[key]
  else object[key] = value
}

/** Undefined where all is well: an object of another kind is not looked at any further. */
function typeErrors(entry: KindEntry, object: Draft): FieldError[] | undefined {
  const { kind, apiVersion } = object
  const wanted = apiVersionOf(entry)
  if (kind === entry.kind && apiVersion === wanted) return undefined
  return [
    ...(kind === entry.kind ? [] : [invalid('kind', kind, `must be ${entry.kind}`)]),
    ...(apiVersion === wanted ? [] : [invalid('apiVersion', apiVersion, `must be ${wanted}`)]),
  ]
}
