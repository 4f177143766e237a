// Quantities such as 100m, 1Gi or 1e3: parsed exactly, written in canonical text, added, compared.
// Source of the rules: apimachinery's resource.Quantity. The finest unit is a nano (10^-9).

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface ParsedQuantity {
  /** The amount in billionths. */
  readonly nanos: bigint
  readonly format: QuantityFormat
}

const wrongFormat =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongSuffix = "unable to parse quantity's suffix"
const wrongNumber = 'unable to parse numeric part of quantity'

export class QuantityError extends Error {}

const nanosPerUnit = 10n ** 9n
const largest = (2n ** 63n - 1n) * nanosPerUnit
const shape = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** Quantities that were met: there are few different ones, and each is looked at many times. */
const met = new Map<string, ParsedQuantity>()
const metLimit = 1000
const metLength = 32

/** Throws QuantityError with upstream's words. Digits finer than a nano are rounded up. */
export function parseQuantity(text: string): ParsedQuantity {
  const known = met.get(text)
  if (known) return known
  const parsed = parseAnew(text)
  if (text.length > metLength) return parsed
  if (met.size >= metLimit) met.clear()
  met.set(text, parsed)
  return parsed
}

function parseAnew(text: string): ParsedQuantity {
  const match = shape.exec(text)
  if (!match) throw new QuantityError(wrongFormat)
  const [, sign, number = '', suffix = ''] = match
  const { base, exponent, format } = scaleOf(suffix)
  const [whole = '', fraction = '', more] = number.split('.')
  if (more !== undefined || whole + fraction === '') throw new QuantityError(wrongNumber)
  const digits = BigInt(whole + fraction)
  const power = (base === 10 ? exponent : 0) - fraction.length + 9
  const scaled = base === 2 ? digits * 2n ** BigInt(exponent) : digits
  const amount = power >= 0 ? scaled * 10n ** BigInt(power) : ceilingOf(scaled, -power)
  const nanos = amount > largest ? largest : amount
  return { nanos: sign === '-' ? -nanos : nanos, format }
}

function ceilingOf(amount: bigint, powerOfTen: number): bigint {
  const divisor = 10n ** BigInt(powerOfTen)
  return (amount + divisor - 1n) / divisor
}

function scaleOf(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  const decimal = decimalExponents[suffix]
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = binarySuffixes.indexOf(suffix)
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' }
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix)
  if (!exponent || Math.abs(Number(exponent[1])) > 1000) throw new QuantityError(wrongSuffix)
  return { base: 10, exponent: Number(exponent[1]), format: 'DecimalExponent' }
}

/** Canonical text: no precision lost, no fraction, the largest suffix possible. */
export function quantityText({ nanos, format }: ParsedQuantity): string {
  if (nanos === 0n) return '0'
  const units = nanos / nanosPerUnit
  const isWhole = units * nanosPerUnit === nanos
  const isSmall = nanos > -1024n * nanosPerUnit && nanos < 1024n * nanosPerUnit
  if (format === 'BinarySI' && isWhole && !isSmall) return binaryText(units)
  return decimalText(nanos, format)
}

function binaryText(units: bigint): string {
  let step = 0
  let rest = units
  while (rest % 1024n === 0n && step < 6) {
    rest /= 1024n
    step++
  }
  return `${rest}${binarySuffixes[step]}`
}

function decimalText(nanos: bigint, format: QuantityFormat): string {
  let rest = nanos
  let step = 0
  while (rest % 1000n === 0n && step < 9) {
    rest /= 1000n
    step++
  }
  if (format !== 'DecimalExponent') return `${rest}${decimalSuffixes[step]}`
  const exponent = step * 3 - 9
  return exponent === 0 ? `${rest}` : `${rest}e${exponent}`
}

/** The canonical text of a quantity given as text or as a JSON number. */
export function canonicalQuantity(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : value
  if (isPlain(text)) return text
  return quantityText(parseQuantity(text))
}

/** True for the most frequent canonical forms, so that they need not be parsed: 1 to 999, 0. */
function isPlain(text: string): boolean {
  return /^(0|[1-9][0-9]{0,2}m?)$/.test(text)
}

export function addQuantities(a: string, b: string): string {
  const left = parseQuantity(a)
  const right = parseQuantity(b)
  const format = left.nanos === 0n ? right.format : left.format
  return quantityText({ nanos: left.nanos + right.nanos, format })
}

export function subtractQuantities(a: string, b: string): string {
  const left = parseQuantity(a)
  const right = parseQuantity(b)
  const format = left.nanos === 0n ? right.format : left.format
  return quantityText({ nanos: left.nanos - right.nanos, format })
}

/** Negative when a < b, 0 when equal, positive when a > b. */
export function compareQuantities(a: string, b: string): number {
  const left = parseQuantity(a).nanos
  const right = parseQuantity(b).nanos
  return left < right ? -1 : left > right ? 1 : 0
}

/** The amount in whole units, rounded up (away from zero). */
export function unitsOf(text: string): bigint {
  return divideUp(parseQuantity(text).nanos, nanosPerUnit)
}

/** The amount in thousandths, rounded up (away from zero). */
export function milliUnitsOf(text: string): bigint {
  return divideUp(parseQuantity(text).nanos, 1_000_000n)
}

/** The same quantity with nothing finer than a thousandth, rounded up. */
export function roundUpToMilli(text: string): string {
  const { nanos, format } = parseQuantity(text)
  return quantityText({ nanos: divideUp(nanos, 1_000_000n) * 1_000_000n, format })
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  return amount < 0n ? -divideUp(-amount, divisor) : (amount + divisor - 1n) / divisor
}
