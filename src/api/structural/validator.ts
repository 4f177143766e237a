// Values against a schema, in the order and the words of upstream's validator. A schema becomes
// closures once; on update errors within what did not change are passed over (ratcheting).

import { goRegExp, PatternError } from '../../lib/go-regexp.ts'
import { isDraft, isSame } from '../draft.ts'
import { type FieldError, invalid, notSupported, tooLong } from '../field-error.ts'
import { arrayJudge, objectJudge } from './container-judges.ts'
import { knownFormat, textFormat } from './formats.ts'
import { junctionJudge } from './junctions.ts'
import { numberJudge } from './number-judge.ts'
import { isIntOrString, type Schema } from './schema.ts'
import { bodyText, type Judge, type Judged, merge, typeError, verdict } from './verdict.ts'

export interface Validator {
  /** Places of errors are below `root`. */
  errors(value: unknown, root?: string): FieldError[]
  updateErrors(value: unknown, previous: unknown, root?: string): FieldError[]
}

export function compileValidator(schema: Schema): Validator {
  const judge = compileJudge(schema)
  const run = (value: unknown, previous: unknown, root: string) =>
    judge({ value, previous, path: '' }).errors.map((error) => placed(error, root))
  return {
    errors: (value, root = '') => run(value, undefined, root),
    updateErrors: (value, previous, root = '') => run(value, previous, root),
  }
}

/** At the root upstream prints the path that is nil. */
function placed(error: FieldError, root: string): FieldError {
  const inner = error.field.replace(/^\./, '')
  const field = root && inner ? `${root}.${inner}` : root || inner || '<nil>'
  return { ...error, field }
}

function compileJudge(schema: Schema): Judge {
  const judgeType = typeJudge(schema)
  const judgeEnum = enumJudge(schema)
  const junction = junctionJudge(schema, compileJudge)
  const ofText = textJudge(schema)
  const ofNumber = numberJudge(schema)
  const ofArray = arrayJudge(schema, compileJudge)
  const ofObject = objectJudge(schema, compileJudge)

  function judgeValue(judged: Judged) {
    const { value } = judged
    const found = verdict(0)
    if (judgeType) merge(found, judgeType(judged))
    if (value !== null) {
      if (junction) merge(found, junction(judged))
      if (typeof value === 'string') merge(found, ofText(judged))
      else if (typeof value === 'number') merge(found, ofNumber(judged))
      else if (Array.isArray(value)) merge(found, ofArray(judged))
      found.matches++
    }
    if (judgeEnum) merge(found, judgeEnum(judged))
    if (isDraft(value)) merge(found, ofObject(judged))
    return found
  }

  return (judged) => {
    const found = judgeValue(judged)
    const { previous, value } = judged
    const isOld = found.errors.length > 0 && previous !== undefined && isSame(value, previous)
    return isOld ? verdict(found.matches) : found
  }
}

function typeJudge(schema: Schema): Judge | undefined {
  const types = isIntOrString(schema) ? ['integer', 'string'] : schema.type ? [schema.type] : []
  if (types.length === 0) return undefined
  const wanted = types.join(',')
  return ({ value, path }) => {
    if (value === null) {
      return schema.nullable ? verdict(1) : verdict(0, typeError(path, 'null', wanted))
    }
    const found = typeOf(value)
    const isFitting = types.includes(found) || (found === 'integer' && types.includes('number'))
    return isFitting ? verdict(1) : verdict(0, typeError(path, found, wanted))
  }
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

function enumJudge({ enum: values }: Schema): Judge | undefined {
  if (!values || values.length === 0) return undefined
  const shown = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  return ({ value, path }) => {
    const isOne = value !== null && values.some((each) => isSame(each, value))
    return isOne ? verdict(0) : verdict(0, notSupported(path, value, shown))
  }
}

function textJudge(schema: Schema): Judge {
  const checks = [lengthCheck(schema), patternCheck(schema)].filter((check) => check !== undefined)
  const format = formatCheck(schema)
  return ({ value, path }) => {
    const text = String(value)
    const found = verdict(1)
    // The first of length and pattern that fails says enough; the format is told besides.
    for (const check of checks) {
      const error = check(text, path)
      if (!error) continue
      found.errors.push(error)
      break
    }
    const wrong = format?.(text, path)
    if (wrong) found.errors.push(wrong)
    return found
  }
}

type TextCheck = (text: string, path: string) => FieldError | undefined

function lengthCheck({ maxLength, minLength }: Schema): TextCheck | undefined {
  if (maxLength === undefined && minLength === undefined) return undefined
  return (text, path) => {
    const length = codePoints(text)
    if (maxLength !== undefined && length > maxLength) return tooLong(path, maxLength)
    if (minLength === undefined || length >= minLength) return undefined
    return invalid(path, text, bodyText(path, `should be at least ${minLength} chars long`))
  }
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function patternCheck({ pattern }: Schema): TextCheck | undefined {
  if (!pattern) return undefined
  const expression = compiledPattern(pattern)
  return (text, path) => {
    if (expression instanceof RegExp && expression.test(text)) return undefined
    const shown =
      expression instanceof RegExp ? pattern : `${pattern}, but pattern is invalid: ${expression}`
    return invalid(path, text, bodyText(path, `should match '${shown}'`))
  }
}

function compiledPattern(pattern: string): RegExp | string {
  try {
    return goRegExp(pattern)
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

function formatCheck(schema: Schema): TextCheck | undefined {
  const format = knownFormat(schema)
  const isOfFormat = format === undefined ? undefined : textFormat(format)
  if (format === undefined || !isOfFormat) return undefined
  return (text, path) => (isOfFormat(text) ? undefined : typeError(path, text, format))
}
