// RE2 patterns, compiled once and remembered.

import { goRegExp, PatternError } from '../lib/go-regexp.ts'
import { CelError } from './program.ts'

const mostRemembered = 512
const remembered = new Map<string, RegExp>()

/** The oldest is forgotten first. Throws CelError. */
export function patternOf(source: string): RegExp {
  const known = remembered.get(source)
  if (known) return known
  const [oldest] = remembered.keys()
  if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest)
  const made = compiled(source)
  remembered.set(source, made)
  return made
}

function compiled(source: string): RegExp {
  try {
    return goRegExp(source)
  } catch (error) {
    throw error instanceof PatternError ? new CelError(error.message) : error
  }
}

export function matchesPattern(text: string, source: string): boolean {
  return patternOf(source).test(text)
}
