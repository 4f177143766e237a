// ServiceAccount tokens: signed here, and checked here on each request: signature, issuer, audience,
// time, and that the account and the object the token is bound to still exist.

import type { Kind } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import type { Reader } from '../reader.ts'
import { decodeClaims, encodeJwt, isSignedBy, type SigningKey, type VerifyingKey } from './jwt.ts'
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
      return (await isAlive(subject, reader, token))
        ? { user: userOfSubject(subject), audiences }
        : undefined
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

async function isAlive(subject: TokenSubject, reader: Reader, token: string): Promise<boolean> {
  const { namespace, serviceAccount, pod, node, secret } = subject
  const exists = async (kind: Kind, key: ObjectKey, uid: string | undefined) => {
    const object = await reader.get(kind, key)
    return object !== undefined && (uid === undefined || object.metadata.uid === uid)
  }
  const at = (name: string) => ({ namespace, name })
  if (!(await exists('ServiceAccount', at(serviceAccount.name), serviceAccount.uid))) return false
  if (pod) return exists('Pod', at(pod.name), pod.uid)
  if (node) return exists('Node', { name: node.name }, node.uid)
  if (secret?.uid) return exists('Secret', at(secret.name), secret.uid)
  if (!secret) return true
  const stored = (await reader.get('Secret', at(secret.name)))?.data?.['token'] ?? ''
  return Buffer.from(stored, 'base64').toString() === token
}
