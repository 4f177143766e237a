// How a patch that cannot be read or does not fit is answered.

import { type FieldError, invalid, toInvalid } from '../field-error.ts'
import { StatusError } from '../status-error.ts'

/** The patch itself is malformed. */
export function badPatch(message: string): StatusError {
  return new StatusError('BadRequest', message)
}

/** The patch is well formed but not for this object. Upstream does not pass on why. */
export function unfitPatch(): StatusError {
  return new StatusError(
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  )
}

export function patchTooLarge(problem: string): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: ${problem}`)
}

/** The patched object is not of its kind; `patch` is the patch as upstream prints it. */
export function invalidPatch(patch: string, problem: string): StatusError {
  const errors: FieldError[] = [invalid('patch', patch, problem)]
  return toInvalid({ group: '', kind: '' }, '', errors)
}

/** A value as Go's %v prints it: map[a:1 b:[x y]]. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const pairs = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${key}:${goText(inner)}`)
  return `map[${pairs.join(' ')}]`
}
