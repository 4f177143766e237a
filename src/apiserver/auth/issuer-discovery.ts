// How others check ServiceAccount tokens: the issuer's keys and its OpenID Connect description.

import { methodNotAllowed, notServed } from '../answer.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { VerifyingKey } from './jwt.ts'
import type { ServiceAccountTokens } from './service-account-tokens.ts'

export const jwksPath = '/openid/v1/jwks'
export const configurationPath = '/.well-known/openid-configuration'

/** `serverUrl`: where clients find the keys, https://address:port. */
export function serveIssuerDiscovery(
  tokens: ServiceAccountTokens,
  serverUrl: string,
): RequestHandler {
  return async ({ method, path }) => {
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
    const asked = path.replace(/\/+$/, '')
    if (asked === jwksPath)
      return answer('application/jwk-set+json', { keys: tokens.keys.map(jsonWebKey) })
    if (asked !== configurationPath) throw notServed()
    return answer('application/json', {
      issuer: tokens.issuer,
      jwks_uri: `${serverUrl}${jwksPath}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(tokens.keys.map((key) => key.algorithm))],
    })
  }
}

function answer(type: string, value: object) {
  const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' }
  return { status: 200, headers, body: Buffer.from(JSON.stringify(value)) }
}

function jsonWebKey({ publicKey, keyId, algorithm }: VerifyingKey): object {
  return { use: 'sig', kid: keyId, alg: algorithm, ...publicKey.export({ format: 'jwk' }) }
}
