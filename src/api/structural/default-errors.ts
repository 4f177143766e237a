// Defaults must be values of their own schema, without unknown fields, and keep its rules. Those
// within the metadata of a whole object must make sound metadata. Of structural schemas.

import { copyOf, type Draft, type DraftValue, isDraft, isSame } from '../draft.ts'
import { errorBody, type FieldError, invalid } from '../field-error.ts'
import type { JsonValue } from '../json.ts'
import { when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { compileCoerce, compileEmbeddedCheck } from './embedded-metadata.ts'
import { compilePrune } from './prune.ts'
import { compileRuleRun } from './rules/run-rules.ts'
import { asEmbedded, isEmbedded, itemsOf, propertiesOf, type Schema } from './schema.ts'
import { compileValidator } from './validator.ts'

const typeFields = ['apiVersion', 'kind', 'metadata']

/** The whole object around a value: what it is of, and how it is put together. */
interface Surroundings {
  readonly owner: Schema
  /** The owner's, as one of a whole object. */
  readonly schema: Schema
  around(value: DraftValue): DraftValue
  readonly isInMeta: boolean
}

export function defaultErrors(schema: Schema, path: string): FieldError[] {
  return errorsWithin(schema, path, wholeOf(schema))
}

function wholeOf(owner: Schema): Surroundings {
  return { owner, schema: asEmbedded(owner), around: (value) => value, isInMeta: false }
}

function errorsWithin(schema: Schema, path: string, outer: Surroundings): FieldError[] {
  const surroundings = isEmbedded(schema) ? wholeOf(schema) : outer
  const items = itemsOf(schema)
  const isWhole = surroundings.owner === schema
  return [
    ...ownErrors(schema, child(path, 'default'), surroundings),
    ...(items
      ? errorsWithin(items, child(path, 'items'), {
          ...surroundings,
          around: (value) => surroundings.around([value]),
        })
      : []),
    ...propertiesOf(schema).flatMap(([key, part]) =>
      errorsWithin(part, at(child(path, 'properties'), key), {
        ...surroundings,
        around: (value) => surroundings.around({ [key]: value }),
        isInMeta: surroundings.isInMeta || (isWhole && typeFields.includes(key)),
      }),
    ),
  ]
}

function ownErrors(schema: Schema, path: string, surroundings: Surroundings): FieldError[] {
  const { default: value } = schema
  if (value === undefined) return []
  if (surroundings.isInMeta) {
    const problem = metadataProblem(value, surroundings)
    if (problem === undefined) return valueErrors(schema, value, path)
    return [invalid(path, value, `must result in valid metadata: ${problem}`)]
  }
  const pruned = copyOf(value) as DraftValue
  compilePrune(schema)(pruned, isEmbedded(schema) ? '' : path, undefined)
  return [
    ...when(!isSame(pruned, value), invalid(path, value, 'must not have unknown fields')),
    ...wholeErrors(schema, value, path),
  ]
}

/** Whole objects within, then everything else. */
function wholeErrors(schema: Schema, value: JsonValue, path: string): FieldError[] {
  const copy = copyOf(value) as DraftValue
  const coerced = compileCoerce(schema)(copy, path, { isLenient: false, unknown: undefined })
  if (coerced.length > 0) return coerced.slice(0, 1)
  const embedded = compileEmbeddedCheck(schema)(copy, path)
  return embedded.length > 0 ? embedded : valueErrors(schema, value, path)
}

function metadataProblem(value: JsonValue, { schema, around }: Surroundings): string | undefined {
  const object = around(copyOf(value) as DraftValue)
  if (!isDraft(object)) return undefined
  const whole: Draft = { kind: 'Validation', apiVersion: 'validation/v1', ...object }
  const options = { isLenient: false, unknown: undefined }
  const [coerced] = compileCoerce(schema)(whole, '', options)
  if (coerced) return `${coerced.field}: ${errorBody(coerced)}`
  const texts = compileEmbeddedCheck(schema)(whole, '').map(
    (error) => `${error.field}: ${errorBody(error)}`,
  )
  return texts.length > 1 ? `[${texts.join(', ')}]` : texts[0]
}

/** Against the schema, then its rules: for a value that stays as well as for one that is new. */
function valueErrors(schema: Schema, value: JsonValue, path: string): FieldError[] {
  const errors = compileValidator(schema).errors(value, path)
  if (errors.length > 0) return errors
  const run = compileRuleRun(schema, isEmbedded(schema))
  const staying = run(value, { previous: value, path }).errors
  return [...(staying.length > 0 ? staying : run(value, { path }).errors)]
}
