// Bootstrap tokens, ID.SECRET: good while the Secret of that id says so. Their users may ask for
// certificates and little else.

import { timingSafeEqual } from 'node:crypto'
import {
  bootstrapNamespace,
  bootstrapTokenOf,
  bootstrapTokenPrefix,
  isExpired,
} from '../../api/bootstrap-token.ts'
import type { Reader } from '../reader.ts'
import type { TokenAuthenticator } from './tokens.ts'

const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const defaultGroup = 'system:bootstrappers'
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export function bootstrapTokens(reader: Reader, now: () => Date): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      const [, id = '', secret = ''] = tokenPattern.exec(token) ?? []
      if (!id) return undefined
      const key = { namespace: bootstrapNamespace, name: bootstrapTokenPrefix + id }
      const stored = await reader.get('Secret', key)
      const known = stored && bootstrapTokenOf(stored)
      if (!stored || !known || stored.metadata.deletionTimestamp) return undefined
      if (!isSame(known.secret, secret) || isExpired(known, now())) return undefined
      if (!known.mayBeUsedFor('authentication')) return undefined
      const more = known.groups
        .split(',')
        .map((group) => group.trim())
        .filter(Boolean)
      if (!more.every((group) => groupPattern.test(group))) return undefined
      const groups = [...new Set([defaultGroup, ...more])].sort()
      return { user: { name: `system:bootstrap:${id}`, groups }, audiences }
    },
  }
}

function isSame(known: string, shown: string): boolean {
  return known.length === shown.length && timingSafeEqual(Buffer.from(known), Buffer.from(shown))
}
