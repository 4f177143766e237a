// The form of cron schedules: five fields, or a descriptor such as @daily or @every 1h.
// Words of the errors: robfig/cron, which upstream uses.

const bounds = [
  { name: 'minute', least: 0, most: 59, words: [] },
  { name: 'hour', least: 0, most: 23, words: [] },
  { name: 'day of month', least: 1, most: 31, words: [] },
  {
    name: 'month',
    least: 1,
    most: 12,
    words: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    name: 'day of week',
    least: 0,
    most: 6,
    words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
] as const

type Bounds = (typeof bounds)[number]

const descriptors = [
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
]

/** What is wrong with a schedule; undefined when nothing is. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('TZ=') || schedule.startsWith('CRON_TZ=')) return undefined
  if (schedule.startsWith('@')) return descriptorProblem(schedule)
  const fields = schedule.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== 5) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  }
  return firstOf(bounds.map((limit, index) => () => fieldProblem(fields[index] ?? '', limit)))
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check()
    if (problem !== undefined) return problem
  }
  return undefined
}

function descriptorProblem(schedule: string): string | undefined {
  if (descriptors.includes(schedule)) return undefined
  if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`
  const duration = schedule.slice('@every '.length)
  const isDuration =
    /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$|^0$/.test(
      duration,
    )
  return isDuration
    ? undefined
    : `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(duration)}`
}

/** A field is a list of ranges: `*`, `5`, `1-5`, each with an optional `/step`. */
function fieldProblem(field: string, limit: Bounds): string | undefined {
  return firstOf(field.split(',').map((range) => () => rangeProblem(range, limit)))
}

function rangeProblem(range: string, limit: Bounds): string | undefined {
  const [span = '', step, ...moreSteps] = range.split('/')
  if (moreSteps.length > 0) return `too many slashes: ${range}`
  const [low = '', high, ...moreDashes] = span.split('-')
  if (moreDashes.length > 0) return `too many hyphens: ${range}`
  const isAny = low === '*' || low === '?'
  const start = isAny ? limit.least : numberOf(low, limit)
  if (typeof start === 'string') return start
  const end = isAny
    ? limit.most
    : high === undefined
      ? step === undefined
        ? start
        : limit.most
      : numberOf(high, limit)
  if (typeof end === 'string') return end
  const width = step === undefined ? 1 : numberOf(step)
  if (typeof width === 'string') return width
  if (start < limit.least)
    return `beginning of range (${start}) below minimum (${limit.least}): ${range}`
  if (end > limit.most) return `end of range (${end}) above maximum (${limit.most}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  return width === 0 ? `step of range should be a positive number: ${range}` : undefined
}

/** A number, or the problem with the text. */
function numberOf(text: string, limit?: Bounds): number | string {
  const words: readonly string[] = limit?.words ?? []
  const word = words.indexOf(text.toLowerCase())
  if (word >= 0 && text !== '') return word
  if (/^\d+$/.test(text)) return Number(text)
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
}
