// Table: the semver library: versions parsed strictly or normalized, compared by precedence.

import { walk } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import { Opaque } from '../values.ts'

const number = '(0|[1-9]\\d*)'
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const strict = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifiers}))?(?:\\+${identifiers})?$`,
)
const type = 'kubernetes.Semver'

interface Version {
  readonly numbers: readonly bigint[]
  readonly pre: readonly string[]
}

function parse(text: string, isLoose: boolean): Version | undefined {
  const match = strict.exec(isLoose ? normalized(text) : text)
  if (!match) return undefined
  const [, major = '', minor = '', patch = '', pre = ''] = match
  const parts = pre === '' ? [] : pre.split('.')
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined
  return { numbers: [major, minor, patch].map(BigInt), pre: parts }
}

/** Without a leading v and leading zeros, with the parts that are missing. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/.exec(text) ?? []
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

function semver(text: string, isLoose = false): Opaque {
  const version = parse(text, isLoose)
  if (!version)
    throw new CelError('semver parse error during conversion from string: invalid version')
  const { numbers, pre } = version
  return new Opaque(type, version, numbers.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : ''))
}

const versionOf = (value: Opaque): Version => parse(value.id, false) ?? { numbers: [], pre: [] }

function compare(left: Opaque, right: Opaque): bigint {
  const a = versionOf(left)
  const b = versionOf(right)
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] ?? 0n
    if (number !== other) return number < other ? -1n : 1n
  }
  return comparePre(a.pre, b.pre)
}

function comparePre(a: readonly string[], b: readonly string[]): bigint {
  if (a.length === 0 || b.length === 0) return BigInt(Math.sign(b.length - a.length))
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = comparePart(a[at], b[at])
    if (order !== 0n) return order
  }
  return 0n
}

function comparePart(a: string | undefined, b: string | undefined): bigint {
  if (a === b) return 0n
  if (a === undefined) return -1n
  if (b === undefined) return 1n
  const areNumbers = [a, b].map((part) => /^\d+$/.test(part))
  if (areNumbers[0] && areNumbers[1]) return BigInt(a) < BigInt(b) ? -1n : 1n
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1n : 1n
  return a < b ? -1n : 1n
}

const part = (index: number) => (value: Opaque) => versionOf(value).numbers[index] ?? 0n

export const semverFunctions: readonly CelFunction[] = [
  global(`semver(string): ${type}`, (text: string) => semver(text), walk),
  global(`semver(string, bool): ${type}`, semver, walk),
  global('isSemver(string): bool', (text: string) => parse(text, false) !== undefined, walk),
  global(
    'isSemver(string, bool): bool',
    (text: string, isLoose: boolean) => parse(text, isLoose) !== undefined,
    walk,
  ),
  member(`${type}.major(): int`, part(0)),
  member(`${type}.minor(): int`, part(1)),
  member(`${type}.patch(): int`, part(2)),
  member(`${type}.compareTo(${type}): int`, compare),
  member(`${type}.isLessThan(${type}): bool`, (a: Opaque, b: Opaque) => compare(a, b) < 0n),
  member(`${type}.isGreaterThan(${type}): bool`, (a: Opaque, b: Opaque) => compare(a, b) > 0n),
]
