// RE2 patterns as JavaScript ones: leading flags, named groups, ends of text, POSIX classes.

import { CelError } from './program.ts'

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}
const mostRemembered = 512
const remembered = new Map<string, RegExp>()

/** Compiled patterns are remembered, the oldest forgotten first. */
export function patternOf(source: string): RegExp {
  const known = remembered.get(source)
  if (known) return known
  const [oldest] = remembered.keys()
  if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest)
  const made = translate(source)
  remembered.set(source, made)
  return made
}

function translate(source: string): RegExp {
  const [leading = '', letters = ''] = /^\(\?([imsU]+)\)/.exec(source) ?? []
  const body = source
    .slice(leading.length)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
    .replace(/\[:(\^?)(\w+):\]/g, (whole, not, name) => (not ? whole : (classes[name] ?? whole)))
  try {
    return new RegExp(body, `${letters.replace('U', '')}`)
  } catch {
    throw new CelError(`error parsing regexp: invalid pattern: \`${source}\``)
  }
}

export function matchesPattern(text: string, source: string): boolean {
  return patternOf(source).test(text)
}
