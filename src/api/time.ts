// RFC 3339 times as the API writes them: whole seconds (Time) or microseconds (MicroTime), in UTC.

export class TimeError extends Error {}

/** A moment: seconds since 1970 and the nanoseconds beyond. */
export interface Moment {
  readonly seconds: number
  readonly nanos: number
}

const shape = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/

/** Throws TimeError with Go's words. */
export function parseTime(text: string): Moment {
  const match = shape.exec(text)
  if (!match) throw new TimeError(parseFailure(text))
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match
  const date = `${year}-${month}-${day}T${hour?.padStart(2, '0')}:${minute}:${second}${zone}`
  const seconds = Date.parse(date) / 1000
  if (!Number.isFinite(seconds) || !isRealDay(Number(year), Number(month), Number(day))) {
    throw new TimeError(`parsing time ${JSON.stringify(text)}: ${outOfRange(match)} out of range`)
  }
  return { seconds, nanos: Number(fraction.slice(0, 9).padEnd(9, '0')) }
}

function isRealDay(year: number, month: number, day: number): boolean {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
}

function outOfRange([, , month, , hour, minute, second]: readonly (string | undefined)[]): string {
  if (Number(month) < 1 || Number(month) > 12) return 'month'
  if (Number(hour) > 23) return 'hour'
  if (Number(minute) > 59) return 'minute'
  if (Number(second) > 59) return 'second'
  return 'day'
}

/** The parts of Go's RFC 3339 layout, in order, and what each accepts. */
const layoutParts: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/],
  ['-', /^-/],
  ['02', /^\d{2}/],
  ['T', /^T/],
  ['15', /^\d{1,2}/],
  [':', /^:/],
  ['04', /^\d{2}/],
  [':', /^:/],
  ['05', /^\d{2}(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/],
]

function parseFailure(text: string): string {
  const start = `parsing time ${JSON.stringify(text)}`
  let rest = text
  for (const [part, accepted] of layoutParts) {
    const match = accepted.exec(rest)
    if (!match) {
      const found = JSON.stringify(rest)
      return `${start} as "2006-01-02T15:04:05Z07:00": cannot parse ${found} as "${part}"`
    }
    rest = rest.slice(match[0].length)
  }
  return `${start}: extra text: ${JSON.stringify(rest)}`
}

export function timeText({ seconds, nanos }: Moment, form: 'time' | 'microTime'): string {
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  if (form === 'time') return `${text}Z`
  return `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** A JavaScript date as a Kubernetes Time. */
export function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** A JavaScript date as a Kubernetes MicroTime. */
export function microTimeOf(date: Date): string {
  return `${date.toISOString().slice(0, 23)}000Z`
}
