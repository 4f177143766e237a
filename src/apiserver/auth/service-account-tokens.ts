// ServiceAccount tokens: signed here, and checked here on each request: signature, issuer, audience,
// time, and that the account and the object the token is bound to still exist.

import type { Kind } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import type { ObjectMeta } from '../../api/types.gen.ts'
import type { Reader } from '../reader.ts'
import { decodeClaims, encodeJwt, isSignedBy, type SigningKey, type VerifyingKey } from './jwt.ts'
import { holdsToken, legacyWarnings, recordUse } from './legacy-token.ts'
import {
  legacyIssuer,
  subjectOf,
  type TokenSubject,
  userOfSubject,
} from './service-account-claims.ts'
import type { TokenAuthenticator } from './tokens.ts'

export interface ServiceAccountTokens extends TokenAuthenticator {
  readonly issuer: string
  /** What tokens without audiences of their own are meant for. */
  readonly audiences: readonly string[]
  readonly keys: readonly VerifyingKey[]
  sign(claims: object): string
}

export interface ServiceAccountTokenOptions {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly signingKey: SigningKey
  /** Keys of earlier days whose tokens are still accepted. */
  readonly otherKeys?: readonly VerifyingKey[]
  readonly reader: Reader
  readonly now: () => Date
}

export function createServiceAccountTokens(
  options: ServiceAccountTokenOptions,
): ServiceAccountTokens {
  const { issuer, signingKey, reader } = options
  const keys = [signingKey, ...(options.otherKeys ?? [])]
  return {
    issuer,
    audiences: options.audiences,
    keys,
    sign: (claims) => encodeJwt(claims, signingKey),
    async authenticate(token, wanted) {
      const claims = decodeClaims(token)
      if (!claims || (claims['iss'] !== issuer && claims['iss'] !== legacyIssuer)) return undefined
      if (!isSignedBy(token, keys) || !isTimely(claims, options.now())) return undefined
      // Legacy tokens carry no audience: they are meant for the API server.
      const meantFor = audiencesOf(claims) ?? options.audiences
      const audiences = wanted.filter((audience) => meantFor.includes(audience))
      const subject = subjectOf(claims)
      if (!subject || audiences.length === 0) return undefined
      const alive = await lookUp(subject, { reader, token, now: options.now() })
      if (!alive) return undefined
      const { warnings } = alive
      const user = userOfSubject(subject)
      return { user, audiences, ...(warnings.length > 0 && { warnings }) }
    },
  }
}

type Claims = Readonly<Record<string, unknown>>

function isTimely({ exp, nbf }: Claims, now: Date): boolean {
  const seconds = now.getTime() / 1000
  return (
    (typeof exp !== 'number' || seconds < exp) &&
    // A second of leeway for clocks that are cut to whole seconds.
    (typeof nbf !== 'number' || seconds + 1 >= nbf)
  )
}

function audiencesOf({ aud }: Claims): readonly string[] | undefined {
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) ? aud.filter((value) => typeof value === 'string') : undefined
}

interface Looking {
  readonly reader: Reader
  readonly token: string
  readonly now: Date
}

/** Undefined when the account, or what the token is bound to, is gone or was made anew. */
async function lookUp(
  { namespace, serviceAccount, pod, node, secret }: TokenSubject,
  { reader, token, now }: Looking,
): Promise<{ readonly warnings: readonly string[] } | undefined> {
  const find = async <K extends Kind>(kind: K, key: ObjectKey, uid: string | undefined) => {
    const object = await reader.get(kind, key)
    if (!object || isGone(object.metadata, now)) return undefined
    return uid === undefined || object.metadata.uid === uid ? object : undefined
  }
  const at = (name: string) => ({ namespace, name })
  const alive = { warnings: [] }
  const account = await find('ServiceAccount', at(serviceAccount.name), serviceAccount.uid)
  if (!account) return undefined
  if (pod) return (await find('Pod', at(pod.name), pod.uid)) && alive
  if (node) return (await find('Node', { name: node.name }, node.uid)) && alive
  if (!secret) return alive
  const stored = await find('Secret', at(secret.name), secret.uid)
  if (secret.uid) return stored && alive
  if (!stored || !holdsToken(stored, token)) return undefined
  await recordUse(reader, stored, now)
  return { warnings: legacyWarnings(stored, account) }
}

/** What is being deleted counts for another minute, so that a Pod can say good-bye. */
const deletionLeewayMs = 60_000

function isGone({ deletionTimestamp }: ObjectMeta, now: Date): boolean {
  return (
    deletionTimestamp !== undefined &&
    now.getTime() > Date.parse(deletionTimestamp) + deletionLeewayMs
  )
}
