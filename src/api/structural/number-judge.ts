// Numbers against minimum, maximum, multipleOf and the range of their format.

import { type FieldError, invalid } from '../field-error.ts'
import { knownFormat } from './formats.ts'
import type { Schema } from './schema.ts'
import { bodyText, type Judge, placeless, verdict } from './verdict.ts'

export function numberJudge(schema: Schema): Judge {
  const format = knownFormat(schema)
  const checks = [multipleCheck(schema), minimumCheck(schema), maximumCheck(schema)].filter(
    (check) => check !== undefined,
  )
  return ({ value, path }) => {
    const found = verdict(2)
    const number = Number(value)
    if (schema.type === 'integer' && !isInRange(number, format)) {
      found.errors.push(
        placeless(`Checked value must be of type integer ${ofFormat(format)} in ${path}`),
      )
    }
    for (const check of checks) {
      const error = check(number, path)
      if (error) found.errors.push(error)
    }
    return found
  }
}

function ofFormat(format: string | undefined): string {
  return format ? `with format ${format}` : '(default format)'
}

function isInRange(value: number, format: string | undefined): boolean {
  if (!Number.isInteger(value)) return true
  const limit = format === 'int32' ? 2 ** 31 : 2 ** 63
  return value < limit && value >= -limit
}

type NumberCheck = (value: number, path: string) => FieldError | undefined

function minimumCheck({ minimum, exclusiveMinimum }: Schema): NumberCheck | undefined {
  if (minimum === undefined) return undefined
  return (value, path) => {
    if (exclusiveMinimum ? value > minimum : value >= minimum) return undefined
    const than = exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    return invalid(path, value, bodyText(path, `should be ${than} ${minimum}`))
  }
}

function maximumCheck({ maximum, exclusiveMaximum }: Schema): NumberCheck | undefined {
  if (maximum === undefined) return undefined
  return (value, path) => {
    if (exclusiveMaximum ? value < maximum : value <= maximum) return undefined
    const than = exclusiveMaximum ? 'less than' : 'less than or equal to'
    return invalid(path, value, bodyText(path, `should be ${than} ${maximum}`))
  }
}

function multipleCheck({ multipleOf }: Schema): NumberCheck | undefined {
  if (multipleOf === undefined) return undefined
  return (value, path) => {
    if (multipleOf <= 0) {
      const what = `factor MultipleOf declared for ${path} must be positive: ${multipleOf}`
      return invalid(path, value, what)
    }
    // As upstream, so that 0.3 is a multiple of 0.1.
    const count = multipleOf < 1 ? (1 / multipleOf) * value : value / multipleOf
    const isWhole = Math.abs(count - Math.round(count)) <= 1e-9 * Math.max(1, Math.abs(count))
    return isWhole
      ? undefined
      : invalid(path, value, bodyText(path, `should be a multiple of ${multipleOf}`))
  }
}
