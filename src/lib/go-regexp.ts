// Patterns in Go's regular expression syntax (RE2) as JavaScript's: \z, \A, \Q...\E, POSIX
// classes, named groups, leading flags; escapes that only Go allows lose their backslash.

export class PatternError extends Error {}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

/** Characters that keep their backslash, in and outside of classes. */
const syntaxCharacters = new Set('^$\\.*+?()[]{}|/')
const namedEscapes = new Set('dDsSwWbBtnrfv')

/** Throws PatternError, in the words of Go's regexp package as far as they are known. */
export function goRegExp(pattern: string): RegExp {
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) {
    const found = /\(\?(?:<[=!]|[=!])/.exec(pattern)?.[0] ?? ''
    throw new PatternError(`error parsing regexp: invalid or unsupported Perl syntax: \`${found}\``)
  }
  const { flags, rest } = leadingFlags(pattern)
  try {
    return new RegExp(translated(rest), `u${flags}`)
  } catch (error) {
    if (error instanceof PatternError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new PatternError(`error parsing regexp: ${goMessage(message, pattern)}`)
  }
}

/** What V8 finds wrong, as Go says it. */
function goMessage(message: string, pattern: string): string {
  if (message.endsWith("Unmatched ')'")) return `unexpected ): \`${pattern}\``
  if (message.endsWith('Unterminated group')) return `missing closing ): \`${pattern}\``
  if (message.endsWith('Unterminated character class')) {
    return `missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``
  }
  if (message.endsWith('Nothing to repeat')) {
    const [nested] = /[*+?]{2,}/.exec(pattern) ?? []
    if (nested) return `invalid nested repetition operator: \`${nested.slice(0, 2)}\``
    const [lone = '*'] = /[*+?]/.exec(pattern) ?? []
    return `missing argument to repetition operator: \`${lone}\``
  }
  return message
}

function leadingFlags(pattern: string): { readonly flags: string; readonly rest: string } {
  const [whole = '', flags = ''] = /^\(\?([imsU]+)\)/.exec(pattern) ?? []
  return { flags: [...new Set(flags.replace('U', ''))].join(''), rest: pattern.slice(whole.length) }
}

function translated(pattern: string): string {
  let out = ''
  let isInClass = false
  /** Of each open group, the flags that were set within it: they hold until it ends. */
  const groups: string[][] = [[]]
  const set = () => groups.at(-1) ?? []
  for (let index = 0; index < pattern.length; ) {
    const flags = isInClass ? undefined : /^\(\?([imsU-]+)\)/.exec(pattern.slice(index, index + 12))
    if (flags) {
      const known = (flags[1] ?? '').replace('U', '')
      if (known) set().push(known)
      if (known) out += `(?${known}:`
      index += flags[0].length
      continue
    }
    const part = nextPart(pattern, index, isInClass)
    out += isInClass ? part.text : withinFlags(part.text, groups)
    index += part.length
    if (part.text === '[' && !isInClass) isInClass = true
    else if (part.text === ']' && isInClass) isInClass = false
  }
  return out + ')'.repeat(set().length)
}

/** Flags are written as groups, which end before an alternative and begin anew after it. */
function withinFlags(text: string, groups: string[][]): string {
  const set = groups.at(-1) ?? []
  const close = ')'.repeat(set.length)
  if (text === '|') return `${close}|${set.map((flags) => `(?${flags}:`).join('')}`
  if (text === ')' && groups.length > 1) {
    groups.pop()
    return `${close})`
  }
  if (text === '(' || text.startsWith('(?<')) groups.push([])
  return text
}

interface Part {
  readonly text: string
  /** Characters of the pattern that it stands for. */
  readonly length: number
}

function nextPart(pattern: string, index: number, isInClass: boolean): Part {
  const character = pattern[index] ?? ''
  if (character === '\\') return escapePart(pattern, index, isInClass)
  if (isInClass) return classPart(pattern, index)
  const name = /^\(\?P<(\w+)>/.exec(pattern.slice(index, index + 64))
  if (name) return { text: `(?<${name[1]}>`, length: name[0].length }
  // An empty class's first ] is a member of it in Go.
  const odd = /^\[(\^?)\]/.exec(pattern.slice(index, index + 3))
  if (odd) return { text: `[${odd[1]}\\]`, length: odd[0].length }
  const isLoneBrace =
    character === '{' && !/^\{\d+(?:,\d*)?\}/.test(pattern.slice(index, index + 24))
  if (isLoneBrace) return { text: '\\{', length: 1 }
  if (character === '}' && !/\{\d+(?:,\d*)?$/.test(pattern.slice(Math.max(0, index - 24), index))) {
    return { text: '\\}', length: 1 }
  }
  return { text: character, length: 1 }
}

function classPart(pattern: string, index: number): Part {
  const posix = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(index, index + 16))
  if (posix) {
    const members = posixClasses[posix[2] ?? '']
    if (members === undefined || posix[1]) {
      throw new PatternError(`error parsing regexp: invalid character class range: \`${posix[0]}\``)
    }
    return { text: members, length: posix[0].length }
  }
  const character = pattern[index] ?? ''
  return { text: character === '[' ? '\\[' : character, length: 1 }
}

function escapePart(pattern: string, index: number, isInClass: boolean): Part {
  const next = pattern[index + 1]
  if (next === undefined) {
    throw new PatternError('error parsing regexp: trailing backslash at end of expression: ``')
  }
  if (next === 'Q') return quotedPart(pattern, index)
  if (next === 'A') return { text: '^', length: 2 }
  if (next === 'z') return { text: '$', length: 2 }
  if (next === 'a') return { text: '\\x07', length: 2 }
  const property = /^\\([pP])(?:\{\^?(\w+)\}|(\w))/.exec(pattern.slice(index, index + 40))
  if (property) return { text: propertyText(property), length: property[0].length }
  const code = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(pattern.slice(index, index + 16))
  if (code) return { text: `\\u{${code[1] ?? code[2]}}`, length: code[0].length }
  if (namedEscapes.has(next) || syntaxCharacters.has(next)) return { text: `\\${next}`, length: 2 }
  if (/[A-Za-z0-9]/.test(next)) {
    throw new PatternError(`error parsing regexp: invalid escape sequence: \`\\${next}\``)
  }
  const isDash = next === '-' && isInClass
  return { text: isDash ? '\\-' : next, length: 2 }
}

function propertyText([, sign = 'p', long, short]: readonly (string | undefined)[]): string {
  const name = long ?? short ?? ''
  const isScript = name.length > 2
  return `\\${sign}{${isScript ? `Script=${name}` : name}}`
}

function quotedPart(pattern: string, index: number): Part {
  const end = pattern.indexOf('\\E', index)
  const inside = pattern.slice(index + 2, end < 0 ? undefined : end)
  const text = inside.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return { text, length: (end < 0 ? pattern.length : end + 2) - index }
}
