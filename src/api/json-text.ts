// JSON text read by hand, only where JSON.parse does not say enough: repeated keys with their
// place in the document, and Go's words for a syntax error.

/** One member of an object, in document order; `isRepeated` when its object had that key before. */
export interface Member {
  /** The place of the object that holds the member: spec, containers, [0]. */
  readonly path: readonly string[]
  readonly key: string
  readonly isRepeated: boolean
}

/** A syntax error in encoding/json's words. */
export class JsonSyntaxError extends Error {}

/** All members of the document in order. Throws JsonSyntaxError. */
export function membersOf(text: string): Member[] {
  const members: Member[] = []
  new Scanner(text, members).document()
  return members
}

/** A place as strict decoding names it: spec.containers[0].image */
export function placeText(segments: readonly string[]): string {
  return segments.reduce(
    (text, segment) =>
      text === '' || segment.startsWith('[') ? text + segment : `${text}.${segment}`,
    '',
  )
}

/** What encoding/json says about text that JSON.parse refuses. */
export function jsonSyntaxProblem(text: string): string {
  try {
    membersOf(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message
    throw error
  }
  return 'unexpected end of JSON input'
}

/** True when some object in the text has a key twice: fewer keys were parsed than were written. */
export function hasRepeatedKeys(text: string, parsed: unknown): boolean {
  return colonsOf(text) !== keysOf(parsed)
}

function colonsOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 58) count++
    else if (code === 34) at = endOfString(text, at)
  }
  return count
}

/** Position of the quote that ends the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes++
  return backslashes % 2 === 1
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const element of value) count += keysOf(element)
  else for (const element of Object.values(value)) count += 1 + keysOf(element)
  return count
}

/** Far beyond any object, and within what recursion over one may take of the stack. */
export const depthLimit = 1000

/**
 * As JSON.parse, but half a surrogate pair is U+FFFD, as Go has it: it has no bytes of its own, and
 * two names must not become one in the store. Throws for text that nests too deeply too.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new JsonSyntaxError('exceeded max depth')
  const value: unknown = JSON.parse(text)
  return surrogateEscape.test(text) ? wellFormed(value) : value
}

const surrogateEscape = /\\u[dD][89a-fA-F]/

/** Every text of the value, keys too, with U+FFFD for what is no character. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  )
}

function isTooDeep(text: string): boolean {
  // Each level takes two characters.
  if (text.length <= 2 * depthLimit) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openBrace || code === openBracket) {
      if (++depth > depthLimit) return true
    } else if (code === closeBrace || code === closeBracket) depth--
  }
  return false
}

const [quote, openBrace, openBracket, closeBrace, closeBracket] = [34, 123, 91, 125, 93]

class Scanner {
  readonly #text: string
  readonly #members: Member[]
  #at = 0

  constructor(text: string, members: Member[]) {
    this.#text = text
    this.#members = members
  }

  document(): void {
    this.#value([], 'beginning of value')
    this.#space()
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value')
  }

  #value(path: readonly string[], what: string): void {
    if (path.length > depthLimit) throw new JsonSyntaxError('exceeded max depth')
    this.#space()
    const character = this.#text[this.#at]
    if (character === '{') this.#object(path)
    else if (character === '[') this.#array(path)
    else if (character === '"') this.#string()
    else this.#literal(what)
  }

  #object(path: readonly string[]): void {
    const seen = new Set<string>()
    this.#at++
    this.#space()
    if (this.#skip('}')) return
    do {
      this.#space()
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected('looking for beginning of object key string')
      }
      const key = this.#string()
      this.#members.push({ path, key, isRepeated: seen.has(key) })
      seen.add(key)
      this.#space()
      if (!this.#skip(':')) throw this.#unexpected('after object key')
      this.#value([...path, key], 'beginning of value')
      this.#space()
    } while (this.#skip(','))
    if (!this.#skip('}')) throw this.#unexpected('after object key:value pair')
  }

  #array(path: readonly string[]): void {
    this.#at++
    this.#space()
    if (this.#skip(']')) return
    let index = 0
    do {
      this.#value([...path, `[${index++}]`], 'beginning of value')
      this.#space()
    } while (this.#skip(','))
    if (!this.#skip(']')) throw this.#unexpected('after array element')
  }

  #string(): string {
    const end = endOfString(this.#text, this.#at)
    const raw = this.#text.slice(this.#at, end + 1)
    const control = raw.search(/[\0-\x1f]/)
    if (control >= 0) {
      this.#at += control
      throw this.#unexpected('in string literal')
    }
    if (end >= this.#text.length) throw new JsonSyntaxError('unexpected end of JSON input')
    const wrong = /\\(?:([^"\\/bfnrtu])|u[0-9a-fA-F]{0,3}([^0-9a-fA-F]))/.exec(
      raw.replaceAll('\\\\', '--'),
    )
    if (wrong) {
      this.#at += wrong.index + wrong[0].length - 1
      const inside = wrong[1] === undefined ? 'in \\u hexadecimal character escape' : undefined
      throw this.#unexpected(inside ?? 'in string escape code')
    }
    this.#at = end + 1
    return JSON.parse(raw)
  }

  #literal(what: string): void {
    const rest = this.#text.slice(this.#at, this.#at + 400)
    const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(rest)
    if (literal) {
      this.#at += literal[0].length
      return
    }
    for (const word of ['true', 'false', 'null']) {
      if (rest[0] === word[0]) throw this.#brokenWord(word)
    }
    if (rest[0] === '-') {
      this.#at++
      throw this.#unexpected('in numeric literal')
    }
    throw this.#unexpected(`looking for ${what}`)
  }

  #brokenWord(word: string): JsonSyntaxError {
    let same = 1
    while (this.#text[this.#at + same] === word[same]) same++
    this.#at += same
    return this.#unexpected(`in literal ${word} (expecting ${quoted(word[same] ?? '')})`)
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #unexpected(where: string): JsonSyntaxError {
    const character = this.#text[this.#at]
    if (character === undefined) return new JsonSyntaxError('unexpected end of JSON input')
    return new JsonSyntaxError(`invalid character ${quoted(character)} ${where}`)
  }
}

/** A character as Go's quoteChar writes it. */
function quoted(character: string): string {
  if (character === "'") return `'\\''`
  if (character === '"') return `'"'`
  return `'${JSON.stringify(character).slice(1, -1)}'`
}
