// Timestamps and durations: RFC 3339 and Go's duration text, calendar fields in a time zone.

import { CelError } from './program.ts'
import { Duration, Timestamp } from './values.ts'

const nanosPerMs = 1_000_000n
const nanosPerSecond = 1_000_000_000n
const firstNanos = BigInt(Date.parse('0001-01-01T00:00:00Z')) * nanosPerMs
const lastNanos = BigInt(Date.parse('9999-12-31T23:59:59Z')) * nanosPerMs + nanosPerSecond - 1n
const most = 2n ** 63n - 1n

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/

export function parseTimestamp(text: string): Timestamp {
  const [, seconds, fraction = '', zone] = rfc3339.exec(text) ?? []
  const ms = Date.parse(`${seconds}${zone}`)
  if (seconds === undefined || Number.isNaN(ms)) {
    throw new CelError(`parsing time ${JSON.stringify(text)}: cannot parse as RFC 3339`)
  }
  const nanos = BigInt(ms) * nanosPerMs + BigInt(fraction.padEnd(9, '0'))
  return timestampOf(nanos, offsetMs(ms, zone === 'Z' ? '' : (zone ?? '')) / 60_000)
}

/** Throws beyond the years 1 to 9999. */
export function timestampOf(nanos: bigint, offsetMinutes = 0): Timestamp {
  if (nanos < firstNanos || nanos > lastNanos) throw new CelError('timestamp overflow')
  return new Timestamp(nanos, offsetMinutes)
}

export function timestampText({ nanos, offsetMinutes }: Timestamp): string {
  const fraction = ((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
  const local = Number((nanos - fraction) / nanosPerMs) + offsetMinutes * 60_000
  const date = new Date(local).toISOString().slice(0, 19)
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '')
  return `${date}${digits && `.${digits}`}${zoneText(offsetMinutes)}`
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z'
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0')
  return `${offsetMinutes < 0 ? '-' : '+'}${two(offsetMinutes / 60)}:${two(offsetMinutes % 60)}`
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: nanosPerMs,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3600n * nanosPerSecond,
}

/** `1h30m`, `1.5s`, `-100ms`, `0`. */
export function parseDuration(text: string): Duration {
  const [, sign, parts] =
    /^([+-]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text) ?? []
  if (parts === undefined) {
    throw new CelError(`time: invalid duration ${JSON.stringify(text)}`)
  }
  let nanos = 0n
  for (const [, whole = '', fraction = '', unit = ''] of parts.matchAll(
    /(\d*)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g,
  )) {
    const size = unitNanos[unit] ?? 0n
    nanos += BigInt(whole || '0') * size
    nanos += (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length)
  }
  return durationOf(sign === '-' ? -nanos : nanos)
}

export function durationOf(nanos: bigint): Duration {
  if (nanos > most || nanos < -most - 1n) throw new CelError('duration overflow')
  return new Duration(nanos)
}

/** Seconds, with as many decimals as needed: `1.5s`. */
export function durationText({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos
  const digits = (size % nanosPerSecond).toString().padStart(9, '0').replace(/0+$/, '')
  return `${nanos < 0n ? '-' : ''}${size / nanosPerSecond}${digits && `.${digits}`}s`
}

export interface Calendar {
  readonly year: number
  /** From 0. */
  readonly month: number
  /** From 1. */
  readonly date: number
  /** Sunday is 0. */
  readonly day: number
  /** From 0. */
  readonly dayOfYear: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
}

export function calendarOf({ nanos }: Timestamp, zone: string): Calendar {
  const ms = Number((nanos - (((nanos % nanosPerMs) + nanosPerMs) % nanosPerMs)) / nanosPerMs)
  const local = new Date(ms + offsetMs(ms, zone))
  const year = local.getUTCFullYear()
  const firstDay = Date.UTC(year, 0, 1)
  return {
    year,
    month: local.getUTCMonth(),
    date: local.getUTCDate(),
    day: local.getUTCDay(),
    dayOfYear: Math.floor((local.getTime() - firstDay) / 86_400_000),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: local.getUTCMilliseconds(),
  }
}

/** `UTC`, `America/New_York`, `+02:00` or `-2:30`. */
function offsetMs(ms: number, zone: string): number {
  if (zone === '' || zone === 'UTC') return 0
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):(\d\d)$/.exec(zone) ?? []
  if (hours !== undefined) {
    const size = (Number(hours) * 60 + Number(minutes)) * 60_000
    return sign === '-' ? -size : size
  }
  return namedOffsetMs(ms, zone)
}

function namedOffsetMs(ms: number, timeZone: string): number {
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
    const size = (Number(hours) * 60 + Number(minutes)) * 60_000
    return sign === '-' ? -size : size
  } catch {
    throw new CelError(`unknown time zone ${timeZone}`)
  }
}
