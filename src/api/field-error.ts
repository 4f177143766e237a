// What is wrong with a field of an object, and the Status that says so: upstream's
// `Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be ...`.

import { StatusError } from './status-error.ts'

export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'NotSupported'
  | 'Duplicate'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'NotFound'
  | 'TypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly type: FieldErrorType
  /** spec.containers[0].name */
  readonly field: string
  readonly badValue?: unknown
  readonly detail: string
}

/** A bad value that is not shown: whole objects and lists. */
export const omitted = Symbol('omitted')

const reasons: Readonly<Record<FieldErrorType, string>> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Duplicate: 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  NotFound: 'FieldValueNotFound',
  TypeInvalid: 'FieldValueTypeInvalid',
  InternalError: 'InternalError',
}

const words: Readonly<Record<FieldErrorType, string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Duplicate: 'Duplicate value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  NotFound: 'Not found',
  TypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
}

export function required(field: string, detail = ''): FieldError {
  return { type: 'Required', field, detail }
}
export function invalid(field: string, badValue: unknown, detail: string): FieldError {
  return { type: 'Invalid', field, badValue, detail }
}
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'Forbidden', field, detail }
}
export function duplicate(field: string, badValue: unknown): FieldError {
  return { type: 'Duplicate', field, badValue, detail: '' }
}
export function notFound(field: string, badValue: unknown): FieldError {
  return { type: 'NotFound', field, badValue, detail: '' }
}
/** `supported` is named in the order given, as upstream's lists are sorted by their callers. */
export function notSupported(
  field: string,
  badValue: unknown,
  supported: readonly string[],
): FieldError {
  const list = supported.map((value) => JSON.stringify(value)).join(', ')
  const detail = supported.length > 0 ? `supported values: ${list}` : ''
  return { type: 'NotSupported', field, badValue, detail }
}
export function tooLong(field: string, maxBytes: number): FieldError {
  return { type: 'TooLong', field, detail: `may not be more than ${maxBytes} bytes` }
}
export function tooMany(field: string, actual: number, most: number): FieldError {
  const items = most === 1 ? 'item' : 'items'
  return { type: 'TooMany', field, badValue: actual, detail: `must have at most ${most} ${items}` }
}
export function internalError(field: string, detail: string): FieldError {
  return { type: 'InternalError', field, detail }
}

/**
 * The findings of all lists. Nearly always there are none: nothing is made then, and this is why
 * checks are not put together by spreading them into a new list.
 */
export function all<F>(...lists: readonly (readonly F[])[]): F[] {
  let found: F[] | undefined
  for (const list of lists) {
    if (list.length > 0) found = appended(found, list)
  }
  return found ?? []
}

/** `list` with `more` at its end, in place: however many come one by one, none is copied again. */
export function appended<F>(list: F[] | undefined, more: readonly F[]): F[] {
  if (list === undefined) return [...more]
  for (const one of more) list.push(one)
  return list
}

/** `Invalid value: -1: must be greater than or equal to 0` */
export function errorBody({ type, badValue, detail }: FieldError): string {
  const isShown = showsValue(type) && badValue !== omitted
  const start = isShown ? `${words[type]}: ${valueText(badValue)}` : words[type]
  return detail === '' ? start : `${start}: ${detail}`
}

function showsValue(type: FieldErrorType): boolean {
  return !['Required', 'Forbidden', 'TooLong', 'InternalError'].includes(type)
}

/** Go's %#v of a simple value; JSON of anything else. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return JSON.stringify(value)
}

/** 422 with one cause a field. `kind` may be of a subresource's kind; `group` is empty for core. */
export function toInvalid(
  { group, kind }: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const qualified = group ? `${kind}.${group}` : kind
  const causes = errors.map((error) => ({
    reason: reasons[error.type],
    message: errorBody(error),
    field: error.field,
  }))
  return new StatusError(
    'Invalid',
    `${qualified} ${JSON.stringify(name)} is invalid: ${aggregateText(errors)}`,
    { name, ...(group && { group }), kind, causes },
  )
}

/** One message alone, several in brackets, repeats once. */
function aggregateText(errors: readonly FieldError[]): string {
  const messages = [...new Set(errors.map((error) => `${error.field}: ${errorBody(error)}`))]
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`
}
