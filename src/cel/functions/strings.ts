// Table: the string library. Positions count code points.

import { elements, match, walk, walkTwice } from '../cost/actual.ts'
import { patternOf } from '../pattern.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member, sizeOf } from '../signature.ts'
import { type CelValue, isList } from '../values.ts'
import { plainText } from './conversions.ts'
import { formatText } from './format-text.ts'

function within(position: bigint, length: number): number {
  if (position < 0n || position > BigInt(length)) {
    throw new CelError(`index out of range: ${position}`)
  }
  return Number(position)
}

function charAt(text: string, position: bigint): string {
  const characters = [...text]
  return characters[within(position, characters.length)] ?? ''
}

function indexOf(text: string, part: string, start = 0n): bigint {
  const characters = [...text]
  const wanted = [...part]
  const first = within(start, characters.length)
  for (let at = first; at + wanted.length <= characters.length; at++) {
    if (wanted.every((character, offset) => characters[at + offset] === character))
      return BigInt(at)
  }
  return -1n
}

function lastIndexOf(text: string, part: string, start?: bigint): bigint {
  const characters = [...text]
  const wanted = [...part]
  const most = characters.length - wanted.length
  const first = start === undefined ? most : Math.min(within(start, characters.length), most)
  for (let at = first; at >= 0; at--) {
    if (wanted.every((character, offset) => characters[at + offset] === character))
      return BigInt(at)
  }
  return -1n
}

function substring(text: string, start: bigint, end?: bigint): string {
  const characters = [...text]
  const first = within(start, characters.length)
  const last = end === undefined ? characters.length : within(end, characters.length)
  if (first > last) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  return characters.slice(first, last).join('')
}

function replace(text: string, part: string, by: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(part, () => by)
  let rest = text
  let done = ''
  for (let count = 0n; count < limit; count++) {
    const at = rest.indexOf(part)
    if (at < 0) break
    done += rest.slice(0, at) + by
    rest = rest.slice(at + part.length)
  }
  return done + rest
}

function split(text: string, separator: string, limit = -1n): string[] {
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0n || BigInt(parts.length) <= limit) return parts
  if (limit === 0n) return []
  const head = parts.slice(0, Number(limit) - 1)
  return [...head, parts.slice(head.length).join(separator)]
}

const ascii = (text: string, pattern: RegExp, change: (letter: string) => string) =>
  text.replace(pattern, change)

/** White space as Go's unicode.IsSpace sees it; JavaScript's trim also takes U+FEFF. */
const trim = (text: string) =>
  text.replace(/^[\s\x85]+|[\s\x85]+$/g, (found) => found.replace(/[\s\x85]/g, keepMark))
const keepMark = (character: string) => (character === '\uFEFF' ? character : '')

const quotes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}
const quote = (text: string) =>
  `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => quotes[character] ?? character)}"`

function find(text: string, pattern: string): string {
  return patternOf(pattern).exec(text)?.[0] ?? ''
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const all = text.matchAll(new RegExp(patternOf(pattern), `${patternOf(pattern).flags}g`))
  const found = [...all].map(([match]) => match)
  return limit < 0n ? found : found.slice(0, Number(limit))
}

/** A key within a JSON pointer. */
const escapeKey = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

const join = (list: readonly CelValue[], separator = '') => list.map(plainText).join(separator)

/** Twice the text that is made of a list and a separator. */
function joining([list, separator]: readonly CelValue[]): number {
  const texts = isList(list) ? list : []
  const characters = texts.reduce<number>((sum, text) => sum + sizeOf(text), 0)
  const gaps = separator === undefined ? 0 : Math.max(0, texts.length - 1) * sizeOf(separator)
  return Math.ceil(2 * 0.1 * (characters + gaps))
}

export const stringFunctions: readonly CelFunction[] = [
  member('string.charAt(int): string', charAt),
  member('string.indexOf(string): int', indexOf, elements),
  member('string.indexOf(string, int): int', indexOf, elements),
  member('string.lastIndexOf(string): int', lastIndexOf, elements),
  member('string.lastIndexOf(string, int): int', lastIndexOf, elements),
  member(
    'string.lowerAscii(): string',
    (t: string) => ascii(t, /[A-Z]/g, (l) => l.toLowerCase()),
    walk,
  ),
  member(
    'string.upperAscii(): string',
    (t: string) => ascii(t, /[a-z]/g, (l) => l.toUpperCase()),
    walk,
  ),
  member('string.replace(string, string): string', replace, walkTwice),
  member('string.replace(string, string, int): string', replace, walkTwice),
  member('string.split(string): list<string>', split, walkTwice),
  member('string.split(string, int): list<string>', split, walkTwice),
  member('string.substring(int): string', substring, walk),
  member('string.substring(int, int): string', substring, walk),
  member('string.trim(): string', trim, walk),
  member('string.reverse(): string', (text: string) => [...text].reverse().join(''), walk),
  member('string.format(list<dyn>): string', formatText, walk),
  member('list<string>.join(): string', join, joining),
  member('list<string>.join(string): string', join, joining),
  global('strings.quote(string): string', quote, walk),
  global('jsonpatch.escapeKey(string): string', escapeKey, walk),
  member('string.find(string): string', find, match),
  member('string.findAll(string): list<string>', findAll, match),
  member('string.findAll(string, int): list<string>', findAll, match),
]
