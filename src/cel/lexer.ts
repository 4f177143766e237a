// Source text to tokens. In: an expression. Out: tokens with their offsets, or a SyntaxProblem.

import type { CelValue } from './values.ts'
import { Uint } from './values.ts'

export type Token =
  | { readonly type: 'literal'; readonly at: number; readonly text: string; value: CelValue }
  | { readonly type: 'int'; readonly at: number; readonly text: string }
  | { readonly type: 'name' | 'sign' | 'end'; readonly at: number; readonly text: string }
  /** `a-b` in backquotes: a field that is no identifier. */
  | { readonly type: 'quoted'; readonly at: number; readonly text: string }

export class SyntaxProblem extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

const space = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y
const float = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y
const integer = /(?:0x[0-9a-fA-F]+|\d+)[uU]?/y
const text =
  /(?:[bB][rR]?|[rR][bB]?)?(?:"""[\s\S]*?(?<!\\)"""|'''[\s\S]*?(?<!\\)'''|"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*')/y
const rawText = /(?:[bB]?[rR][bB]?)(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y
const quoted = /`[a-zA-Z0-9_.\-/ ]+`/y
const name = /[_a-zA-Z][_a-zA-Z0-9]*/y
const sign = /(?:==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}])/y

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  for (;;) {
    take(space)
    const start = at
    if (at >= source.length) return [...tokens, { type: 'end', at, text: '<EOF>' }]
    tokens.push(nextToken(take, source, start))
  }
}

function nextToken(
  take: (pattern: RegExp) => string | undefined,
  source: string,
  at: number,
): Token {
  let found = take(rawText) ?? take(text)
  if (found !== undefined) return { type: 'literal', at, text: found, value: textValue(found, at) }
  found = take(float)
  if (found !== undefined) return { type: 'literal', at, text: found, value: Number(found) }
  found = take(integer)
  if (found !== undefined) return integerToken(found, at)
  found = take(name)
  if (found !== undefined) return wordToken(found, at)
  found = take(quoted)
  if (found !== undefined) return { type: 'quoted', at, text: found.slice(1, -1) }
  found = take(sign)
  if (found !== undefined) return { type: 'sign', at, text: found }
  throw new SyntaxProblem(
    at,
    `Syntax error: token recognition error at: '${source.slice(at, at + 1)}'`,
  )
}

function integerToken(found: string, at: number): Token {
  if (!/[uU]$/.test(found)) return { type: 'int', at, text: found }
  const value = BigInt(found.slice(0, -1))
  if (value >= 2n ** 64n) throw new SyntaxProblem(at, 'invalid uint literal')
  return { type: 'literal', at, text: found, value: new Uint(value) }
}

function wordToken(found: string, at: number): Token {
  if (found === 'true') return { type: 'literal', at, text: found, value: true }
  if (found === 'false') return { type: 'literal', at, text: found, value: false }
  if (found === 'null') return { type: 'literal', at, text: found, value: null }
  return { type: 'name', at, text: found }
}

function textValue(literal: string, at: number): CelValue {
  const prefix = /^[bBrR]*/.exec(literal)?.[0].toLowerCase() ?? ''
  const quotes = literal.slice(prefix.length)
  const width = /^("""|''')/.test(quotes) ? 3 : 1
  const inner = quotes.slice(width, quotes.length - width)
  const isBytes = prefix.includes('b')
  const parts = prefix.includes('r') ? [Buffer.from(inner)] : unescaped(inner, isBytes, at)
  const bytes = Buffer.concat(parts)
  return isBytes ? new Uint8Array(bytes) : bytes.toString()
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const escapeSequence =
  /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g

/** In bytes, \xNN and octal are single bytes; in strings they are code points. */
function unescaped(inner: string, isBytes: boolean, at: number): Buffer[] {
  const parts: Buffer[] = []
  let done = 0
  for (const match of inner.matchAll(escapeSequence)) {
    parts.push(Buffer.from(inner.slice(done, match.index)))
    done = match.index + match[0].length
    const [, x, X, u, U, octal, plain] = match
    const byte = x ?? X ?? octal
    const code = byte === undefined ? (u ?? U) : byte
    if (code !== undefined) {
      const point = Number.parseInt(code, octal === undefined ? 16 : 8)
      if (point > 0x10ffff) throw new SyntaxProblem(at, 'invalid unicode code point')
      const isByte = isBytes && byte !== undefined
      parts.push(isByte ? Buffer.from([point]) : Buffer.from(String.fromCodePoint(point)))
    } else if (plain !== undefined) {
      if (!/[abfnrtv\\'"`?]/.test(plain)) {
        throw new SyntaxProblem(at, `Syntax error: token recognition error at: '\\${plain}'`)
      }
      parts.push(Buffer.from(escapes[plain] ?? plain))
    }
  }
  return [...parts, Buffer.from(inner.slice(done))]
}
