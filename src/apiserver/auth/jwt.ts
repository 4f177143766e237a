// Codec: JSON Web Tokens with RS256 and ES256 signatures, as ServiceAccount tokens use them.
// HEADER.CLAIMS.SIGNATURE, each base64url; the key id is the hash of the public key, as upstream's.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly keyId: string
  readonly algorithm: 'RS256' | 'ES256'
}

export type VerifyingKey = Omit<SigningKey, 'privateKey'>

export function verifyingKey(publicKey: KeyObject): VerifyingKey {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('base64url')
  return { publicKey, keyId, algorithm: publicKey.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256' }
}

export function signingKey(privateKey: KeyObject): SigningKey {
  return { privateKey, ...verifyingKey(createPublicKey(privateKey)) }
}

export function encodeJwt(claims: object, { privateKey, keyId, algorithm }: SigningKey): string {
  const head = base64url(JSON.stringify({ alg: algorithm, kid: keyId }))
  const signed = `${head}.${base64url(JSON.stringify(claims))}`
  // ES256 signatures are the two 32-byte numbers side by side, not ASN.1.
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

/** The claims, not yet verified; undefined for text that is no token at all. */
export function decodeClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const claims = parsedPart(token, 1)
  return token.split('.').length === 3 ? claims : undefined
}

/** Whether one of the keys made the signature. */
export function isSignedBy(token: string, keys: readonly VerifyingKey[]): boolean {
  const header = parsedPart(token, 0)
  const cut = token.lastIndexOf('.')
  const signed = Buffer.from(token.slice(0, cut))
  const signature = Buffer.from(token.slice(cut + 1), 'base64url')
  return keys.some(
    ({ publicKey, keyId, algorithm }) =>
      header?.['alg'] === algorithm &&
      (header['kid'] === undefined || header['kid'] === keyId) &&
      verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  )
}

function parsedPart(token: string, index: number): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
