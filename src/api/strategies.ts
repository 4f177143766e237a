// What the registry asks of a kind: defaults, what a client may set, validation, generation,
// which updates are allowed. One strategy for each entry of the kind table.

import { unsetField } from './conform.ts'
import { applyDefaults } from './defaults/defaults.ts'
import { type Draft, type DraftValue, draftAs, isDraft } from './draft.ts'
import { all, type FieldError } from './field-error.ts'
import { kindRules } from './kind-rules.ts'
import type { KindEntry } from './kinds.ts'
import { bumpGeneration, prepareMetadataForUpdate } from './prepare.ts'
import type { KindRules } from './rules/kind-rule.ts'
import { selectableFieldNames, selectableFields } from './selectable-fields.ts'
import { subresourceRules } from './subresource-rules.ts'
import type { ObjectMeta } from './types.gen.ts'
import { each } from './validation/checks.ts'
import { kubeFinalizerErrors, metadataErrors, metadataUpdateErrors } from './validation/metadata.ts'

/**
 * Writes through one endpoint. The order of a write is: decode, applyDefaults, admission,
 * prepareFor..., validate.... Functions change `object` or `next` in place, never `previous`.
 */
export interface WriteStrategy {
  applyDefaults(object: Draft): void
  /** Clears what a client may not set, sets the first generation. */
  prepareForCreate(object: Draft): void
  /** Keeps what this endpoint does not write, and counts the generation. */
  prepareForUpdate(next: Draft, previous: Draft): void
  validateCreate(object: Draft): FieldError[]
  validateUpdate(next: Draft, previous: Draft): FieldError[]
  /** What the client should know of a write that is fine. */
  warnings?(next: Draft, previous: Draft | undefined): readonly string[]
}

export interface Strategy extends WriteStrategy {
  readonly entry: KindEntry
  /** False: a PUT must name the resourceVersion it is based on. */
  readonly allowsUnconditionalUpdate: boolean
  /** True: a PUT of a name that does not exist creates it. */
  readonly allowsCreateOnUpdate: boolean
  /** Names that a field selector may use. */
  readonly selectableFieldNames: readonly string[]
  selectableFields(object: Draft): Record<string, string>
  /** status, finalize, approval, resize, ephemeralcontainers; undefined where there is none. */
  subresource(name: string): WriteStrategy | undefined
}

export function strategyOf(entry: KindEntry): Strategy {
  const rules = kindRules(entry)
  return {
    ...mainStrategy(entry, rules),
    entry,
    allowsUnconditionalUpdate: rules.allowsUnconditionalUpdate ?? true,
    allowsCreateOnUpdate: rules.allowsCreateOnUpdate ?? false,
    selectableFieldNames: selectableFieldNames(entry),
    selectableFields: (object) => selectableFields(entry, object),
    subresource: (name) => subresourceStrategy(entry, rules, name),
  }
}

function mainStrategy(entry: KindEntry, rules: KindRules): WriteStrategy {
  const hasStatus = entry.subresources?.['status'] !== undefined
  return {
    applyDefaults: applyDefaults,
    prepareForCreate(object) {
      if (hasStatus && !rules.keepsStatusOnCreate) resetStatus(object, emptyStatus(entry))
      rules.prepareForCreate?.(object)
      const metadata = metadataOf(object)
      delete metadata.generation
      if (rules.generation) metadata.generation = 1
    },
    prepareForUpdate(next, previous) {
      prepareMetadataForUpdate(metadataOf(next), metadataOf(previous))
      if (hasStatus) resetStatus(next, previous['status'])
      rules.prepareForUpdate?.(next, previous)
      if (rules.generation) bumpGeneration(next, previous, rules.generation)
    },
    ...(rules.warnings && { warnings: rules.warnings }),
    validateCreate: (object) =>
      all(
        metadataErrors(metadataOf(object), metadataRules(entry, rules)),
        finalizerErrors(object),
        rules.validate?.(object) ?? [],
        rules.validateCreate?.(object) ?? [],
      ),
    validateUpdate: (next, previous) =>
      all(
        metadataUpdateErrors(metadataOf(next), metadataOf(previous)),
        finalizerErrors(next),
        rules.validate?.(next) ?? [],
        rules.validateUpdate?.(next, previous) ?? [],
      ),
  }
}

function metadataRules({ namespaced }: KindEntry, { nameProblems }: KindRules) {
  return { namespaced, nameProblems }
}

function metadataOf(object: Draft) {
  const { metadata } = object
  if (!isDraft(metadata)) object['metadata'] = {}
  return draftAs<ObjectMeta>(object['metadata'] as Draft)
}

/** Finalizers of built-in kinds are Kubernetes' own or have a prefix. */
function finalizerErrors(object: Draft): FieldError[] {
  return each(metadataOf(object).finalizers, 'metadata.finalizers', kubeFinalizerErrors)
}

/** A new object says that nothing is known yet, in the fields that clients rely on. */
function emptyStatus({ def }: KindEntry): DraftValue | undefined {
  return unsetField(def, 'status')
}

/** The status is the main endpoint's neither to set nor to change. */
function resetStatus(object: Draft, kept: DraftValue | undefined): void {
  if (kept === undefined) delete object['status']
  else object['status'] = kept
}

function subresourceStrategy(
  entry: KindEntry,
  rules: KindRules,
  name: string,
): WriteStrategy | undefined {
  const sub = subresourceRules(entry, rules, name)
  if (!sub) return undefined
  return {
    applyDefaults: applyDefaults,
    prepareForCreate() {},
    prepareForUpdate(next, previous) {
      prepareMetadataForUpdate(metadataOf(next), metadataOf(previous))
      sub.prepareForUpdate(next, previous)
      // A status tells of a generation; it never makes one, even where it writes annotations.
      if (rules.generation && name !== 'status') bumpGeneration(next, previous, rules.generation)
    },
    validateCreate: () => [],
    validateUpdate: (next, previous) =>
      all(
        metadataUpdateErrors(metadataOf(next), metadataOf(previous)),
        sub.validateUpdate(next, previous),
      ),
  }
}
