// Table: conversions between types, and the calendar fields of timestamps and durations.

import { walk } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import {
  type Calendar,
  calendarOf,
  durationText,
  parseDuration,
  parseTimestamp,
  timestampOf,
  timestampText,
} from '../time.ts'
import {
  type CelValue,
  Duration,
  isList,
  Opaque,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
} from '../values.ts'
import { toInt64, toUint64 } from './operators.ts'

const nanosPerSecond = 1_000_000_000n

function wholeOf(value: number, range: 'integer' | 'unsigned integer'): bigint {
  if (!Number.isFinite(value)) throw new CelError(`${range} overflow`)
  return BigInt(Math.trunc(value))
}

function integerOf(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return BigInt(text.replace('+', ''))
}

function doubleOf(text: string): number {
  const value = text.trim() === text && text !== '' ? Number(text) : Number.NaN
  if (/^[+-]?(nan)$/i.test(text)) return Number.NaN
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  if (!Number.isNaN(value)) return value
  throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
}

function boolOf(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false
  throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

/** As Go prints the shortest text of a double. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = String(value)
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

const conversions: readonly CelFunction[] = [
  global('int(int): int', (value: bigint) => value),
  global('int(uint): int', ({ value }: Uint) => toInt64(value)),
  global('int(double): int', (value: number) => toInt64(wholeOf(value, 'integer'))),
  global('int(string): int', (text: string) => toInt64(integerOf(text))),
  global('int(timestamp): int', ({ nanos }: Timestamp) => floorSeconds(nanos)),
  global('int(duration): int', ({ nanos }: Duration) => nanos),
  global('uint(uint): uint', (value: Uint) => value),
  global('uint(int): uint', (value: bigint) => toUint64(value)),
  global('uint(double): uint', (value: number) => toUint64(wholeOf(value, 'unsigned integer'))),
  global('uint(string): uint', (text: string) => toUint64(integerOf(text))),
  global('double(double): double', (value: number) => value),
  global('double(int): double', (value: bigint) => Number(value)),
  global('double(uint): double', ({ value }: Uint) => Number(value)),
  global('double(string): double', doubleOf),
  global('string(string): string', (text: string) => text),
  global('string(bool): string', (value: boolean) => String(value)),
  global('string(int): string', (value: bigint) => String(value)),
  global('string(uint): string', ({ value }: Uint) => String(value)),
  global('string(double): string', doubleText),
  global('string(bytes): string', utf8Of, walk),
  global('string(timestamp): string', timestampText),
  global('string(duration): string', durationText),
  global('bytes(bytes): bytes', (value: Uint8Array) => value),
  global('bytes(string): bytes', (text: string) => new Uint8Array(Buffer.from(text)), walk),
  global('bool(bool): bool', (value: boolean) => value),
  global('bool(string): bool', boolOf),
  global('timestamp(timestamp): timestamp', (value: Timestamp) => value),
  global('timestamp(string): timestamp', parseTimestamp),
  global('timestamp(int): timestamp', (seconds: bigint) => timestampOf(seconds * nanosPerSecond)),
  global('duration(duration): duration', (value: Duration) => value),
  global('duration(string): duration', parseDuration),
  global('dyn(T): dyn', (value: CelValue) => value),
  global('type(T): type<T>', (value: CelValue) => new TypeValue(typeName(value))),
]

function floorSeconds(nanos: bigint): bigint {
  const rest = ((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
  return (nanos - rest) / nanosPerSecond
}

const calendarFields: readonly (readonly [string, (calendar: Calendar) => number])[] = [
  ['getFullYear', ({ year }) => year],
  ['getMonth', ({ month }) => month],
  ['getDate', ({ date }) => date],
  ['getDayOfMonth', ({ date }) => date - 1],
  ['getDayOfWeek', ({ day }) => day],
  ['getDayOfYear', ({ dayOfYear }) => dayOfYear],
  ['getHours', ({ hours }) => hours],
  ['getMinutes', ({ minutes }) => minutes],
  ['getSeconds', ({ seconds }) => seconds],
  ['getMilliseconds', ({ milliseconds }) => milliseconds],
]

const calendar = calendarFields.flatMap(([name, field]) => {
  const body = (at: Timestamp, zone = '') => BigInt(field(calendarOf(at, zone)))
  return [member(`timestamp.${name}(): int`, body), member(`timestamp.${name}(string): int`, body)]
})

const lengths: readonly CelFunction[] = [
  ['getHours', 3600n * nanosPerSecond] as const,
  ['getMinutes', 60n * nanosPerSecond] as const,
  ['getSeconds', nanosPerSecond] as const,
].map(([name, unit]) => member(`duration.${name}(): int`, ({ nanos }: Duration) => nanos / unit))

const milliseconds = member(
  'duration.getMilliseconds(): int',
  ({ nanos }: Duration) => nanos / 1_000_000n,
)

export const conversionFunctions: readonly CelFunction[] = [
  ...conversions,
  ...calendar,
  ...lengths,
  milliseconds,
]

/** A value as `%s` and string() of libraries show it. */
export function plainText(value: CelValue): string {
  if (typeof value === 'string') return value
  if (value === null) return 'null'
  if (typeof value === 'number') return doubleText(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return utf8Of(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof Opaque) return value.id
  if (isList(value)) return `[${value.map(plainText).join(', ')}]`
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Timestamp) return timestampText(value)
  if ('keys' in value) {
    const pairs = value.keys().map((key) => [plainText(key), plainText(value.get(key) ?? null)])
    return `{${pairs
      .map((pair) => pair.join(': '))
      .sort()
      .join(', ')}}`
  }
  throw new CelError(`no matching overload for string conversion of ${typeName(value)}`)
}
