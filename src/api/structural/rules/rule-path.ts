// The place that a rule's error points to: `.spec.a`, `['a.b']`, `.map['key']`, below its schema.

import { at, child } from '../../validation/field-path.ts'
import { hasFreeKeys, type Schema, valuesOf } from '../schema.ts'

export interface FoundPath {
  /** As messages name it. */
  readonly path: string
  readonly schema: Schema
}

export interface PathOptions {
  readonly allowsBrackets: boolean
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ "'": "'", '\\': '\\' },
}

/** What the path leads to, or why it leads nowhere. */
export function followPath(
  text: string,
  schema: Schema,
  { allowsBrackets }: PathOptions = { allowsBrackets: true },
): FoundPath | string {
  const tokens = tokensOf(text)
  let found: FoundPath | string = { path: '', schema }
  for (let next = 0; next < tokens.length; ) {
    const token = tokens[next]
    if (token === '.') {
      const name = tokens[next + 1]
      if (name === undefined) return 'unexpected end of JSON path'
      found = step(found, name)
      next += 2
    } else if (token === '[') {
      if (!allowsBrackets) return 'array notation is not allowed'
      const name = quotedName(tokens, next)
      if (typeof name === 'string') return name
      found = step(found, name.name)
      next += 3
    } else return `expected [ or . but got: ${token}`
    if (typeof found === 'string') return found
  }
  return found
}

/** Delimiters, texts in single quotes, and what is between. */
function tokensOf(text: string): string[] {
  return text.match(/[.[\]]|'(?:\\.|[^'])*'|'[^']*$|[^.[\]']+/g) ?? []
}

function quotedName(tokens: readonly string[], open: number): { readonly name: string } | string {
  const token = tokens[open + 1]
  if (token === undefined) return 'unexpected end of JSON path'
  if (!/^'.*'$/s.test(token) || token.length < 2) {
    return `expected single quoted string but got ${token}`
  }
  const inner = token.slice(1, -1)
  const wrong = [...inner.matchAll(/\\(.)/gs)].find(([, letter = '']) => !(letter in escapes))
  if (wrong) return `invalid string literal: invalid escape char ${wrong[0]}`
  const close = tokens[open + 2]
  if (close === undefined) return 'unexpected end of JSON path'
  if (close !== ']') return `expected ] but got ${close}`
  return { name: inner.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? '') }
}

function step(from: FoundPath | string, name: string): FoundPath | string {
  if (typeof from === 'string') return from
  const { path, schema } = from
  const { properties } = schema
  if (properties) {
    const part = Object.hasOwn(properties, name) ? properties[name] : undefined
    return part ? { path: child(path, name), schema: part } : nowhere
  }
  if (!hasFreeKeys(schema)) return nowhere
  return { path: at(path, name), schema: valuesOf(schema) ?? {} }
}

const nowhere = 'does not refer to a valid field'
