// Table: Kubernetes' own libraries: quantities, URLs, named formats, versions.

import {
  compareQuantities,
  parseQuantity,
  QuantityError,
  quantityText,
} from '../../lib/quantity.ts'
import { walk } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import { BuiltMap, type CelValue, Opaque, Optional } from '../values.ts'
import { namedFormats } from './named-formats.ts'
import { toInt64 } from './operators.ts'
import { semverFunctions } from './semver.ts'

const quantityType = 'kubernetes.Quantity'
const urlType = 'kubernetes.URL'
const formatType = 'kubernetes.NamedFormat'
const nanosPerUnit = 10n ** 9n

function quantityOf(text: string): Opaque {
  try {
    const parsed = parseQuantity(text)
    return new Opaque(quantityType, quantityText(parsed), String(parsed.nanos))
  } catch (error) {
    if (error instanceof QuantityError) throw new CelError(error.message)
    throw error
  }
}

const nanosOf = (quantity: Opaque) => BigInt(quantity.id)
const isWhole = (quantity: Opaque) =>
  nanosOf(quantity) % nanosPerUnit === 0n && nanosOf(quantity) / nanosPerUnit < 2n ** 63n

function wholeOf(quantity: Opaque): bigint {
  if (!isWhole(quantity)) throw new CelError('cannot convert value to integer')
  return nanosOf(quantity) / nanosPerUnit
}

function shifted(quantity: Opaque, nanos: bigint): Opaque {
  const { format } = parseQuantity(String(quantity.held))
  const sum = nanosOf(quantity) + nanos
  return new Opaque(quantityType, quantityText({ nanos: sum, format }), String(sum))
}

const compared = (a: Opaque, b: Opaque) => compareQuantities(String(a.held), String(b.held))
const unitNanos = (units: bigint) => toInt64(units) * nanosPerUnit

/** True where `make` does not refuse the text. */
function accepts(make: (text: string) => CelValue): (text: string) => boolean {
  return (text) => {
    try {
      make(text)
      return true
    } catch (error) {
      if (error instanceof CelError) return false
      throw error
    }
  }
}

const q = quantityType
const quantities: readonly CelFunction[] = [
  global(`quantity(string): ${q}`, quantityOf, walk),
  global('isQuantity(string): bool', accepts(quantityOf), walk),
  member(`${q}.sign(): int`, (a: Opaque) => (nanosOf(a) > 0n ? 1n : nanosOf(a) < 0n ? -1n : 0n)),
  member(`${q}.isInteger(): bool`, isWhole),
  member(`${q}.asInteger(): int`, wholeOf),
  member(`${q}.asApproximateFloat(): double`, (a: Opaque) => Number(a.id) / 1e9),
  member(`${q}.isGreaterThan(${q}): bool`, (a: Opaque, b: Opaque) => compared(a, b) > 0),
  member(`${q}.isLessThan(${q}): bool`, (a: Opaque, b: Opaque) => compared(a, b) < 0),
  member(`${q}.compareTo(${q}): int`, (a: Opaque, b: Opaque) => BigInt(compared(a, b))),
  member(`${q}.add(${q}): ${q}`, (a: Opaque, b: Opaque) => shifted(a, nanosOf(b))),
  member(`${q}.add(int): ${q}`, (a: Opaque, b: bigint) => shifted(a, unitNanos(b))),
  member(`${q}.sub(${q}): ${q}`, (a: Opaque, b: Opaque) => shifted(a, -nanosOf(b))),
  member(`${q}.sub(int): ${q}`, (a: Opaque, b: bigint) => shifted(a, -unitNanos(b))),
]

/** Absolute URLs and absolute paths, as Go's url.ParseRequestURI takes them. */
function urlOf(text: string): Opaque {
  const problem = urlProblem(text)
  if (problem) {
    const what = `parse ${JSON.stringify(text)}: ${problem}`
    throw new CelError(`URL parse error during conversion from string: ${what}`)
  }
  return new Opaque(urlType, partsOf(text), text)
}

function urlProblem(text: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return 'net/url: invalid control character in URL'
  if (text === '') return 'empty url'
  if (text.startsWith(':')) return 'missing protocol scheme'
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]
  if (scheme === undefined && !text.startsWith('/')) return 'invalid URI for request'
  const { authority, path } = partsOf(text)
  if (/%(?![0-9a-fA-F]{2})/.test(path)) {
    return `invalid URL escape ${JSON.stringify(/%.{0,2}/.exec(path)?.[0] ?? '')}`
  }
  const host = authority.replace(/^.*@/, '')
  const odd = /[\s<>"^`{|}\\]/.exec(host)
  if (odd) return `invalid character ${JSON.stringify(odd[0])} in host name`
  const port = /:([^:\]]*)$/.exec(host)?.[1]
  if (port !== undefined && !/^\d*$/.test(port))
    return `invalid port ${JSON.stringify(`:${port}`)} after host`
  return undefined
}

interface UrlParts {
  readonly scheme: string
  readonly authority: string
  readonly host: string
  readonly path: string
  readonly query: string
}

/** As written: WHATWG's URL would drop default ports and rewrite the path. No path is opaque. */
function partsOf(text: string): UrlParts {
  const [, scheme = '', rest = ''] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(.*)$/s.exec(text) ?? []
  const isOpaque = scheme !== '' && !rest.startsWith('/')
  const [, authority = '', path = '', query = ''] =
    (isOpaque ? undefined : /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(rest)) ?? []
  const host = authority.replace(/^.*@/, '')
  return { scheme: scheme.toLowerCase(), authority, host, path, query }
}

/** Held by every value of the URL type. */
const heldParts = (url: Opaque) => partsOf(url.id)

function hostnameOf(url: Opaque): string {
  const { host } = heldParts(url)
  return /^\[(.*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, '')
}

function queryOf(url: Opaque): BuiltMap {
  const values = new Map<string, string[]>()
  for (const [key, value] of new URLSearchParams(heldParts(url).query)) {
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return new BuiltMap(values)
}

/** As it was written where that is escaped as it should be. */
function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~$&+,/:;=@!'()*%[\]]/gu, (character) =>
    encodeURIComponent(character),
  )
}

const u = urlType
const urls: readonly CelFunction[] = [
  global(`url(string): ${u}`, urlOf, walk),
  global('isURL(string): bool', accepts(urlOf), walk),
  member(`${u}.getScheme(): string`, (url: Opaque) => heldParts(url).scheme),
  member(`${u}.getHost(): string`, (url: Opaque) => heldParts(url).host),
  member(`${u}.getHostname(): string`, hostnameOf),
  member(`${u}.getPort(): string`, (url: Opaque) => /:(\d*)$/.exec(heldParts(url).host)?.[1] ?? ''),
  member(`${u}.getEscapedPath(): string`, (url: Opaque) => escapedPath(heldParts(url).path)),
  member(`${u}.getQuery(): map<string, list<string>>`, queryOf),
]

function formatNamed(name: string): Opaque | undefined {
  return namedFormats[name] && new Opaque(formatType, name, name)
}

function validate({ id }: Opaque, text: string): Optional {
  const problems = namedFormats[id]?.(text) ?? []
  return problems.length === 0 ? Optional.none : new Optional(problems)
}

const formats: readonly CelFunction[] = [
  global(
    `format.named(string): optional<${formatType}>`,
    (name: string) => new Optional(formatNamed(name)),
  ),
  member(`${formatType}.validate(string): optional<list<string>>`, validate, walk),
  ...Object.keys(namedFormats).map((name) =>
    global(`format.${name}(): ${formatType}`, () => new Opaque(formatType, name, name)),
  ),
]

export const kubernetesFunctions: readonly CelFunction[] = [
  ...quantities,
  ...urls,
  ...formats,
  ...semverFunctions,
]
