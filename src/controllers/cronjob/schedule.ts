// Cron schedules: five fields (minute, hour, day of month, month, day of week), the @names, and
// @every; in a time zone. As robfig/cron reads them, which upstream uses.

export interface Schedule {
  /** The first moment after `after` that the schedule names; undefined when there is none. */
  next(after: Date): Date | undefined
}

const names: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minuteMs = 60_000
/** A schedule that names no day in so many years names none. */
const yearsAhead = 5

interface Field {
  readonly values: ReadonlySet<number>
  readonly isStar: boolean
}

/** Throws an Error that says which part is wrong. */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const trimmed = text.trim()
  const every = /^@every\s+(.+)$/.exec(trimmed)
  if (every) return everySchedule(durationMs(every[1] ?? ''))
  const parts = (names[trimmed] ?? trimmed).split(/\s+/)
  if (parts.length !== 5) {
    throw new Error(`expected exactly 5 fields, found ${parts.length}: ${trimmed}`)
  }
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts
  const fields = {
    minute: parseField(minute, 0, 59),
    hour: parseField(hour, 0, 23),
    day: parseField(day, 1, 31),
    month: parseField(month, 1, 12, months),
    weekday: parseField(weekday, 0, 7, days),
  }
  const local = localClock(timeZone)
  return { next: (after) => nextMatch(after, fields, local) }
}

function everySchedule(periodMs: number): Schedule {
  return { next: (after) => new Date(Math.floor(after.getTime() / 1000) * 1000 + periodMs) }
}

function durationMs(text: string): number {
  const unitMs: Readonly<Record<string, number>> = { s: 1000, m: minuteMs, h: 60 * minuteMs }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new Error(`failed to parse duration @every ${text}`)
  }
  const sum = parts.reduce(
    (total, [, count, unit = 's']) => total + Number(count) * (unitMs[unit] ?? 0),
    0,
  )
  return Math.max(1000, Math.floor(sum / 1000) * 1000)
}

function parseField(
  text: string,
  least: number,
  most: number,
  words: readonly string[] = [],
): Field {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/')
    const step = stepText === undefined ? 1 : Number(stepText)
    if (!(step > 0) || !Number.isInteger(step))
      throw new Error(`step of range must be positive: ${part}`)
    const [first, last] = bounds(range, { least, most, words, hasStep: stepText !== undefined })
    for (let value = first; value <= last; value += step) values.add(value)
  }
  // Sunday is 0 and 7.
  if (most === 7 && values.delete(7)) values.add(0)
  return { values, isStar: text.startsWith('*') || text.startsWith('?') }
}

interface Limits {
  readonly least: number
  readonly most: number
  readonly words: readonly string[]
  readonly hasStep: boolean
}

function bounds(range: string, { least, most, words, hasStep }: Limits): [number, number] {
  if (range === '*' || range === '?') return [least, most === 7 ? 6 : most]
  const numberOf = (text: string): number => {
    const word = words.indexOf(text.toLowerCase().slice(0, 3))
    if (word >= 0) return word + (least === 1 ? 1 : 0)
    if (!/^\d+$/.test(text)) throw new Error(`failed to parse int from ${text}: ${range}`)
    return Number(text)
  }
  const [from = '', to] = range.split('-')
  const first = numberOf(from)
  const last = to === undefined ? (hasStep ? most : first) : numberOf(to)
  if (first < least)
    throw new Error(`beginning of range (${first}) below minimum (${least}): ${range}`)
  if (last > most) throw new Error(`end of range (${last}) above maximum (${most}): ${range}`)
  if (first > last)
    throw new Error(`beginning of range (${first}) beyond end of range (${last}): ${range}`)
  return [first, last]
}

interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}
type LocalClock = (at: Date) => LocalTime

function localClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const [year, month, day] = [part('year'), part('month'), part('day')]
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
    return { year, month, day, weekday, hour: part('hour'), minute: part('minute') }
  }
}

interface Fields {
  readonly minute: Field
  readonly hour: Field
  readonly day: Field
  readonly month: Field
  readonly weekday: Field
}

/** Walks by days, hours, then minutes; what daylight saving skips is never met. */
function nextMatch(after: Date, fields: Fields, local: LocalClock): Date | undefined {
  let atMs = Math.floor(after.getTime() / minuteMs) * minuteMs + minuteMs
  const endMs = atMs + yearsAhead * 366 * 24 * 60 * minuteMs
  while (atMs < endMs) {
    const time = local(new Date(atMs))
    const toNextHour = (60 - time.minute) * minuteMs
    if (!fields.month.values.has(time.month) || !isDay(fields, time)) {
      // At most to the end of this local day; an hour at a time near it, for days of 23 or 25.
      atMs +=
        time.hour < 22 ? toNextHour + (22 - time.hour) * 60 * minuteMs - 60 * minuteMs : toNextHour
    } else if (!fields.hour.values.has(time.hour)) atMs += toNextHour
    else if (!fields.minute.values.has(time.minute)) atMs += minuteMs
    else return new Date(atMs)
  }
  return undefined
}

/** With both days given, one that matches is enough. */
function isDay({ day, weekday }: Fields, time: LocalTime): boolean {
  const isMonthDay = day.values.has(time.day)
  const isWeekday = weekday.values.has(time.weekday)
  return day.isStar || weekday.isStar ? isMonthDay && isWeekday : isMonthDay || isWeekday
}
