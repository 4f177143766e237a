// ServiceAccount tokens for projected volumes: asked for once, bound to the Pod, asked for again
// when a fifth of their time is left.

import type { Pod, ServiceAccountTokenProjection, TokenRequest } from '../../api/types.gen.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../lib/clock.ts'

export interface IssuedToken {
  readonly token: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export interface TokenSource {
  get(pod: Pod, projection: ServiceAccountTokenProjection): Promise<IssuedToken>
  forget(podUid: string): void
}

const longestUseMs = 24 * 3600 * 1000

/** When a token is to be replaced: at 80 % of its time, after a day at the latest. Pure. */
export function refreshAtMs({ issuedAtMs, expiresAtMs }: IssuedToken): number {
  return issuedAtMs + Math.min(0.8 * (expiresAtMs - issuedAtMs), longestUseMs)
}

export function createTokenSource(client: Client, clock: Clock): TokenSource {
  const issued = new Map<string, Map<string, IssuedToken>>()
  return {
    async get(pod, projection) {
      const { uid = '' } = pod.metadata
      const tokens = issued.get(uid) ?? new Map<string, IssuedToken>()
      const key = JSON.stringify([projection.audience, projection.expirationSeconds])
      const known = tokens.get(key)
      if (known && clock.now().getTime() < refreshAtMs(known)) return known
      const fresh = await request(client, pod, projection, clock.now().getTime())
      issued.set(uid, tokens.set(key, fresh))
      return fresh
    },
    forget: (podUid) => void issued.delete(podUid),
  }
}

async function request(
  client: Client,
  { metadata, spec }: Pod,
  { audience, expirationSeconds = 3600 }: ServiceAccountTokenProjection,
  issuedAtMs: number,
): Promise<IssuedToken> {
  const { name, namespace = '', uid = '' } = metadata
  const account = spec.serviceAccountName ?? 'default'
  const body: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: '' },
    spec: {
      ...(audience && { audiences: [audience] }),
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  }
  const key = { namespace, name: account }
  const { status } = await client.post<TokenRequest>('ServiceAccount', key, 'token', body)
  if (!status?.token) throw new Error(`no token was issued for ${namespace}/${account}`)
  const expiresAtMs =
    Date.parse(status.expirationTimestamp ?? '') || issuedAtMs + expirationSeconds * 1000
  return { token: status.token, issuedAtMs, expiresAtMs }
}
