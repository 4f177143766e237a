// A version's schema, compiled once: what is done to an object that comes in or is read, and what
// is checked when it is written.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'
import type { FieldError } from '../field-error.ts'
import { compileDefaults } from './apply-defaults.ts'
import {
  type CoerceOptions,
  coerceMetadata,
  compileCoerce,
  compileEmbeddedCheck,
} from './embedded-metadata.ts'
import { compileListCheck } from './list-types.ts'
import { compileDropNulls, compilePrune } from './prune.ts'
import { compileRuleRun, hasRules, type RunRules } from './rules/run-rules.ts'
import { asEmbedded, propertiesOf, type Schema } from './schema.ts'
import { compileValidator } from './validator.ts'

export interface CompiledSchema {
  readonly schema: Schema
  /**
   * Brings an object into its form: prunes, drops nulls, coerces metadata; in place. Returns the
   * places of unknown fields. Throws ConformError, Invalid places via `errors`.
   */
  shape(object: Draft, options: { readonly isLenient: boolean }): Shaped
  /** In place. */
  applyDefaults(object: Draft): void
  errors(object: Draft): FieldError[]
  updateErrors(next: Draft, previous: Draft): FieldError[]
  statusErrors(next: Draft, previous: Draft): FieldError[]
  /** What is otherwise sound, against the rules (x-kubernetes-validations). */
  readonly runRules: RunRules
  readonly hasRules: boolean
}

export interface Shaped {
  readonly unknown: readonly string[]
  readonly errors: readonly FieldError[]
}

export interface CompileOptions {
  /** spec.preserveUnknownFields of old definitions. */
  readonly preservesUnknown: boolean
}

export function compileSchema(
  schema: Schema,
  { preservesUnknown }: CompileOptions,
): CompiledSchema {
  const prune = compilePrune(asEmbedded(schema))
  const dropNulls = compileDropNulls(schema)
  const coerce = compileCoerce(schema)
  const fill = compileDefaults(schema)
  const validator = compileValidator(schema)
  const status = propertiesOf(schema).find(([name]) => name === 'status')?.[1]
  const statusValidator = compileValidator(status ?? {})
  const embedded = compileEmbeddedCheck(schema)
  const lists = compileListCheck(schema)

  return {
    runRules: compileRuleRun(schema, true),
    hasRules: hasRules(schema),
    schema,
    shape(object, { isLenient }) {
      const ofMetadata: string[] = []
      coerceMetadata(object, '', { isLenient, unknown: ofMetadata })
      const pruned: string[] = []
      if (!preservesUnknown) {
        prune(object, '', pruned)
        dropNulls(object)
      }
      const inner: string[] = []
      const options: CoerceOptions = { isLenient, unknown: inner }
      const errors = coerce(object, '', options)
      return { unknown: [...ofMetadata.sort(), ...pruned.sort(), ...inner.sort()], errors }
    },
    applyDefaults: fill,
    errors: (object) => [
      ...validator.errors(object),
      ...embedded(object, ''),
      ...lists(object, ''),
    ],
    updateErrors: (next, previous) => [
      ...validator.updateErrors(next, previous),
      ...embedded(next, ''),
      ...newListErrors(lists, next, previous),
    ],
    statusErrors: (next, previous) => [
      ...(next['status'] === undefined
        ? []
        : statusValidator.updateErrors(next['status'], previous['status'], 'status')),
      ...newListErrors(lists, next, previous),
    ],
  }
}

type ListErrors = (value: DraftValue, path: string) => FieldError[]

/** Lists that were wrong before may stay so. */
function newListErrors(lists: ListErrors, next: Draft, previous: Draft): FieldError[] {
  const errors = lists(next, '')
  if (errors.length === 0) return errors
  return isDraft(previous) && lists(previous, '').length > 0 ? [] : errors
}
