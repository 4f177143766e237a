// The continue token of a list in pages: upstream's format, opaque to clients.
// In: the last key of a page, below the list's prefix. Out: base64url JSON {v, rv, start}.

import { badRequest } from './errors.ts'

const version = 'meta.k8s.io/v1'

export interface PageToken {
  /** The revision of the first page; -1: the latest, after that revision was compacted. */
  readonly revision: number
  /** List what comes after this key. */
  readonly after: string
}

export function encodePageToken(prefix: string, { revision, after }: PageToken): string {
  const start = `${after.slice(prefix.length)}\0`
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start })).toString('base64url')
}

export function decodePageToken(prefix: string, text: string): PageToken {
  const token = parseToken(text)
  if (token['v'] !== version) {
    throw invalid(
      `continue key is not valid: server does not recognize this encoded version ${token['v'] ?? ''}`,
    )
  }
  const { rv, start } = token
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) {
    throw invalid(
      `continue key is not valid: incorrect encoded start resourceVersion (version ${version})`,
    )
  }
  if (typeof start !== 'string' || start === '') {
    throw invalid(`continue key is not valid: encoded start key empty (version ${version})`)
  }
  const steps = start.replace(/^\//, '').split('/')
  if (steps.some((step) => step === '' || step === '.' || step === '..')) {
    throw invalid(`continue key is not valid: ${start}`)
  }
  return { revision: rv, after: prefix + start.replace(/^\//, '').replace(/\0$/, '') }
}

function parseToken(text: string): Readonly<Record<string, unknown>> {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null) return { ...token }
  } catch {
    // Falls through: whatever is wrong with it, the token is not one of ours.
  }
  throw invalid('continue key is not valid')
}

function invalid(why: string) {
  return badRequest(`invalid continue token: ${why}`)
}
