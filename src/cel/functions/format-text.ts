// string.format: %s %d %f %e %b %x %X %o with the values of a list.

import { CelError } from '../program.ts'
import { type CelValue, typeName, Uint } from '../values.ts'
import { doubleText, plainText } from './conversions.ts'

const clause = /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g
const defaultPrecision = 6

export function formatText(template: string, args: readonly CelValue[]): string {
  let next = 0
  return template.replace(clause, (whole, digits: string | undefined, verb?: string) => {
    if (whole === '%%' || verb === undefined) return '%'
    const value = args[next]
    if (value === undefined) throw new CelError(`index ${next} out of range`)
    next++
    const precision = digits === undefined ? defaultPrecision : Number(digits)
    return formatOne(verb, value, precision)
  })
}

function formatOne(verb: string, value: CelValue, precision: number): string {
  const whole = wholeOf(value)
  switch (verb) {
    case 's':
      return plainText(value)
    case 'd':
      if (whole !== undefined) return String(whole)
      if (typeof value === 'number' && !Number.isFinite(value)) return doubleText(value)
      throw wrong('decimal', value)
    case 'f':
      return realOf(value, 'fixed-point').toFixed(precision)
    case 'e':
      return scientific(realOf(value, 'scientific'), precision)
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      if (whole !== undefined) return whole.toString(2)
      throw wrong('binary', value)
    case 'o':
      if (whole !== undefined) return whole.toString(8)
      throw wrong('octal', value)
    case 'x':
      return hexOf(value, whole)
    case 'X':
      return hexOf(value, whole).toUpperCase()
    default:
      throw new CelError(
        `could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`,
      )
  }
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** As cel-go writes it: 3.140000×10⁰⁰. */
function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return doubleText(value)
  const [mantissa = '', exponent = '0'] = value.toExponential(precision).split('e')
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0')
  const raised = [...digits].map((digit) => superscripts[Number(digit)]).join('')
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`
}

function wholeOf(value: CelValue): bigint | undefined {
  return value instanceof Uint ? value.value : typeof value === 'bigint' ? value : undefined
}

function realOf(value: CelValue, what: string): number {
  if (typeof value === 'number') return value
  const whole = wholeOf(value)
  if (whole !== undefined) return Number(whole)
  throw wrong(what, value)
}

function hexOf(value: CelValue, whole: bigint | undefined): string {
  if (whole !== undefined) return whole.toString(16)
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return Buffer.from(value).toString('hex')
  }
  throw wrong('hex', value)
}

function wrong(clauseName: string, value: CelValue): CelError {
  return new CelError(
    `error during formatting: ${clauseName} clause can only be used on numbers, was given ${typeName(value)}`,
  )
}
