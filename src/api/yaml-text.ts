// YAML bodies, read with the rules of the YAML 1.1 library that upstream uses: yes and on are
// booleans, 0777 is octal, but there are no sexagesimal numbers and no dates.

import {
  type Document,
  isScalar,
  Lexer,
  Parser,
  parseDocument,
  type Tags,
  visit,
  type YAMLMap,
} from 'yaml'
import { type Draft, type DraftValue, isDraft, setOwn } from './draft.ts'
import { depthLimit, hasRepeatedKeys, parseJson } from './json-text.ts'

export class YamlSyntaxError extends Error {}

export interface ReadYaml {
  readonly value: unknown
  /** `line 4: key "a" already set in map`, in document order. */
  readonly repeated: readonly string[]
}

/** Upstream's library knows neither 1:30 as a number nor dates. */
const leftOut = ['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:set', 'tag:yaml.org,2002:omap']

/** Bounds what aliases may multiply to. */
const aliasLimit = 100

/** The first document of the text. Keys come sorted, as upstream hands them on. */
export function readYaml(text: string): ReadYaml {
  return readJson(text) ?? readYamlText(text)
}

/**
 * Clients apply JSON as often as YAML, of which it is a part. Left to the reader of YAML is what the
 * two take differently: tabs between tokens, keys that repeat, `<<`; and what is no JSON.
 */
function readJson(text: string): ReadYaml | undefined {
  if (text[0] !== '{' || text.includes('\t') || text.includes('"<<"')) return undefined
  try {
    const value: unknown = parseJson(text)
    if (hasRepeatedKeys(text, value)) return undefined
    return { value: withSortedKeys(value, depthLimit), repeated: [] }
  } catch {
    return undefined
  }
}

function readYamlText(text: string): ReadYaml {
  try {
    return readDocument(text)
  } catch (error) {
    // The library says of some documents only when they become values what is wrong with them.
    if (error instanceof YamlSyntaxError || !(error instanceof Error)) throw error
    throw new YamlSyntaxError(`yaml: ${problemOf(error)}`)
  }
}

function problemOf(error: Error): string {
  if (error instanceof RangeError) return 'exceeded max depth'
  if (error.message.startsWith('Excessive alias')) return 'document contains excessive aliasing'
  if (!error.message.startsWith('Merge sources')) return error.message
  return 'map merge requires map or sequence of maps as the value'
}

function readDocument(text: string): ReadYaml {
  assertShallow(text)
  const document = parseDocument(text, {
    version: '1.1',
    // Found below: the reader compares each key with each.
    uniqueKeys: false,
    prettyErrors: false,
    merge: true,
    logLevel: 'silent',
    strict: false,
    customTags: (tags) => tags.filter(isSupported) as Tags,
  })
  const [failure] = document.errors
  if (failure?.code === 'RESOURCE_EXHAUSTION') throw new YamlSyntaxError('yaml: exceeded max depth')
  if (failure) throw new YamlSyntaxError(`yaml: ${lineOf(text, failure.pos[0])}${failure.message}`)
  return {
    value: withSortedKeys(document.toJS({ maxAliasCount: aliasLimit }), depthLimit),
    repeated: repeatedKeys(document, text),
  }
}

/** The reader of documents takes long for what is nested deep, and in the end has not the stack. */
function assertShallow(text: string): void {
  if (!mayBeDeep(text)) return
  const parser = new Parser()
  let deepest = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    deepest = Math.max(deepest, parser.stack.length)
    if (deepest > depthLimit) throw new YamlSyntaxError('yaml: exceeded max depth')
  }
}

/** What nests: brackets anywhere, and what one line may begin. */
function mayBeDeep(text: string): boolean {
  if (text.length <= depthLimit) return false
  let brackets = 0
  let lineStart = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10) lineStart = at + 1
    else if (code === 91 || code === 123) brackets++
    if (brackets > depthLimit || at - lineStart > depthLimit) return true
  }
  return false
}

function isSupported(tag: Tags[number]): boolean {
  if (typeof tag === 'string')
    return tag !== 'timestamp' && tag !== 'intTime' && tag !== 'floatTime'
  return !leftOut.includes(tag.tag) && !('format' in tag && tag.format === 'TIME')
}

/** A key as written: quoted, or up to its colon. */
const writtenKey = /(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^:\n]*?)\s*:)/y

function repeatedKeys(document: Document.Parsed, text: string): string[] {
  const places: number[] = []
  visit(document, {
    Map(_, map) {
      places.push(...repeatedIn(map))
    },
  })
  let line = 1
  let counted = 0
  return places
    .sort((a, b) => a - b)
    .map((start) => {
      line += text.slice(counted, start).split('\n').length - 1
      counted = start
      writtenKey.lastIndex = start
      const match = writtenKey.exec(text)
      const key = match?.[1] ?? match?.[2] ?? match?.[3] ?? ''
      return `line ${line}: key ${JSON.stringify(key)} already set in map`
    })
}

function repeatedIn({ items }: YAMLMap): number[] {
  const seen = new Set<unknown>()
  return items.flatMap(({ key }) => {
    if (!isScalar(key) || key.value === '<<') return []
    if (seen.has(key.value)) return key.range?.[0] ?? []
    seen.add(key.value)
    return []
  })
}

function lineOf(text: string, at: number): string {
  return `line ${text.slice(0, at).split('\n').length}: `
}

function withSortedKeys(value: unknown, levels: number): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) throw new YamlSyntaxError('yaml: exceeded max depth')
  if (Array.isArray(value)) return value.map((element) => withSortedKeys(element, levels - 1))
  if (!isDraft(value)) return value
  const sorted: Draft = {}
  for (const key of Object.keys(value).sort()) {
    setOwn(sorted, key.toWellFormed(), withSortedKeys(value[key], levels - 1) as DraftValue)
  }
  return sorted
}
