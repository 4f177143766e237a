// A short name for a template's content: equal templates, equal hashes, on any machine.

import { createHash } from 'node:crypto'

/** The characters of generated names, so that a hash can be part of one. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Ten characters at most, as long as upstream's; `collisionCount` gives the next choice. */
export function templateHash(template: unknown, collisionCount = 0): string {
  const digest = createHash('sha256').update(canonicalText(template))
  if (collisionCount > 0) digest.update(String(collisionCount))
  const digits = String(digest.digest().readUInt32BE(0))
  return [...digits].map((digit) => alphabet.charAt(digit.charCodeAt(0) % alphabet.length)).join('')
}

/** JSON with keys in order, so that two ways to write one object are one text. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** Equality of what JSON can say, whatever the order of keys; absent equals undefined. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a ?? null) === canonicalText(b ?? null)
}
