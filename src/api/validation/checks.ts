// Small checks that many kinds share. Each returns a list of errors, empty when all is well. What goes
// over lists and maps takes findings of any sort: warnings are put together in the same way.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { all, appended, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import type { LabelSelector } from '../types.gen.ts'
import { at, child } from './field-path.ts'
import { labelsErrors, qualifiedNameErrors } from './metadata.ts'
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  labelValueProblems,
  type NameCheck,
  portNameProblems,
  portNumberProblems,
} from './names.ts'

/** The findings, if `isWrong`. */
export function when<F>(isWrong: unknown, ...found: readonly F[]): F[] {
  return isWrong ? [...found] : []
}

type Check<T, F> = (element: T, path: string, index: number) => readonly F[]

/** `check` for every element, with its place; a nil list has none. */
export function each<T, F>(
  list: readonly T[] | null | undefined,
  path: string,
  check: Check<T, F>,
): F[] {
  let all: F[] | undefined
  const { length = 0 } = list ?? {}
  for (let index = 0; index < length; index++) {
    const found = check(list?.[index] as T, at(path, index), index)
    if (found.length > 0) all = appended(all, found)
  }
  return all ?? []
}

/** `check` for every entry of a map, with its place. */
export function eachEntry<T, F>(
  map: Readonly<Record<string, T | undefined>> | null | undefined,
  path: string,
  check: (key: string, value: T, path: string) => readonly F[],
): F[] {
  let all: F[] | undefined
  for (const key in map) {
    const value = map[key]
    const found = value === undefined ? [] : check(key, value, at(path, key))
    if (found.length > 0) all = appended(all, found)
  }
  return all ?? []
}

/** The text must have the form that `problems` describes. */
export function formErrors(text: string, path: string, problems: NameCheck): FieldError[] {
  const found = problems(text)
  return found.length === 0 ? [] : found.map((problem) => invalid(path, text, problem))
}

/** Like formErrors, but the text must be there. */
export function requiredForm(
  text: string | undefined,
  path: string,
  problems: NameCheck,
): FieldError[] {
  return text ? formErrors(text, path, problems) : [required(path)]
}

/** Like formErrors where there is a text. */
export function optionalForm(
  text: string | undefined,
  path: string,
  problems: NameCheck,
): FieldError[] {
  return text ? formErrors(text, path, problems) : []
}

export function dnsLabelErrors(text: string, path: string): FieldError[] {
  return formErrors(text, path, dnsLabelProblems)
}

export function dnsSubdomainErrors(text: string, path: string): FieldError[] {
  return formErrors(text, path, dnsSubdomainProblems)
}

/** One of the supported values, and there must be one. */
export function choiceErrors(
  value: string | undefined,
  path: string,
  supported: readonly string[],
): FieldError[] {
  return value ? optionErrors(value, path, supported) : [required(path)]
}

/** One of the supported values, if there is one. */
export function optionErrors(
  value: string | undefined,
  path: string,
  supported: readonly string[],
): FieldError[] {
  return value === undefined || supported.includes(value)
    ? []
    : [notSupported(path, value, supported)]
}

/** Values after the first of their kind; `identityOf` says which are the same. */
export function repeatedOf<T>(
  list: readonly T[],
  identityOf: (element: T) => string | undefined,
): { readonly element: T; readonly index: number }[] {
  if (list.length < 2) return []
  const seen = new Set<string>()
  return list.flatMap((element, index) => {
    const identity = identityOf(element)
    if (identity === undefined || identity === '') return []
    if (seen.has(identity)) return [{ element, index }]
    seen.add(identity)
    return []
  })
}

export function portNumberErrors(port: number, path: string): FieldError[] {
  return portNumberProblems(port).map((problem) => invalid(path, port, problem))
}

/** A number, or the name of a port. */
export function portErrors(port: number | string | undefined, path: string): FieldError[] {
  if (typeof port === 'string') return formErrors(port, path, portNameProblems)
  return portNumberErrors(port ?? 0, path)
}

export function rangeErrors(
  value: number,
  path: string,
  { least, most }: { readonly least: number; readonly most: number },
): FieldError[] {
  if (value >= least && value <= most) return []
  return [invalid(path, value, `must be between ${least} and ${most}, inclusive`)]
}

export const largestInt32 = 2 ** 31 - 1

/** Ids of Unix users and groups. */
export function unixIdErrors(id: number | undefined, path: string): FieldError[] {
  return id === undefined ? [] : rangeErrors(id, path, { least: 0, most: largestInt32 })
}

type Selector = DraftOf<LabelSelector>

export function labelSelectorErrors(
  selector: Selector | null | undefined,
  path: string,
): FieldError[] {
  if (!selector) return []
  return all(
    labelsErrors(selector.matchLabels, child(path, 'matchLabels')),
    each(selector.matchExpressions, child(path, 'matchExpressions'), expressionErrors),
  )
}

type Expression = NonNullable<Selector['matchExpressions']>[number]

function expressionErrors({ key = '', operator, values }: Expression, path: string): FieldError[] {
  return all(
    operatorErrors(operator ?? '', values, path),
    qualifiedNameErrors(key, child(path, 'key')),
    each(values, child(path, 'values'), (value, place) =>
      formErrors(value, place, labelValueProblems),
    ),
  )
}

export function operatorErrors(
  operator: string,
  values: readonly string[] | undefined,
  path: string,
): FieldError[] {
  const count = values?.length ?? 0
  const field = child(path, 'values')
  if (operator === 'In' || operator === 'NotIn') {
    const detail = "must be specified when `operator` is 'In' or 'NotIn'"
    return when(count === 0, required(field, detail))
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    return when(count > 0, { type: 'Forbidden', field, detail })
  }
  return [invalid(child(path, 'operator'), operator, 'not a valid selector operator')]
}

export const immutable = 'field is immutable'

/** The field may not change. */
export function fixedErrors(next: unknown, previous: unknown, path: string): FieldError[] {
  return when(!isSameMeaning(next, previous), invalid(path, next, immutable))
}
