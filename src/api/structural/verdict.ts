// What validating a value found: errors in order, and a count of what matched, by which the
// nearest of several alternatives is told.

import { type FieldError, invalid } from '../field-error.ts'
import type { JsonValue } from '../json.ts'
import type { Schema } from './schema.ts'

export interface Verdict {
  errors: FieldError[]
  matches: number
}

/** A value with the place that messages give it and, on update, what it was before. */
export interface Judged {
  readonly value: unknown
  /** '' at the root. */
  readonly path: string
  /** Undefined where there is nothing to compare with. */
  readonly previous: unknown
}

export type Judge = (judged: Judged) => Verdict

/** How a part of a schema becomes a judge. */
export type Compile = (schema: Schema) => Judge

export function verdict(matches: number, ...errors: readonly FieldError[]): Verdict {
  return { errors: [...errors], matches }
}

export function merge(into: Verdict, from: Verdict): void {
  into.errors.push(...from.errors)
  into.matches += from.matches
}

/** `spec.size in body should be ...`; without the words in between for the root. */
export function bodyText(path: string, what: string): string {
  return `${path} in body ${what}`
}

/** Errors of the whole schema have no place of their own: upstream's nil path. */
export function placeless(what: string): FieldError {
  return invalid('', '', what)
}

export function typeError(path: string, badValue: JsonValue, wanted: string): FieldError {
  const detail = bodyText(path, `must be of type ${wanted}: ${JSON.stringify(badValue)}`)
  return { type: 'TypeInvalid', field: path, badValue, detail }
}
