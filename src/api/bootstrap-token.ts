// Bootstrap tokens: Secrets bootstrap-token-ID in kube-system whose holders may join the cluster.
// What such a Secret holds, read in one place. Pure. Source: Kubernetes' cluster-bootstrap package.

import type { Secret } from './types.gen.ts'

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token'
export const bootstrapTokenPrefix = 'bootstrap-token-'
export const bootstrapNamespace = 'kube-system'

export interface BootstrapToken {
  readonly id: string
  readonly secret: string
  /** Undefined: never; NaN: nobody knows. */
  readonly expiresAtMs: number | undefined
  mayBeUsedFor(purpose: 'authentication' | 'signing'): boolean
  readonly groups: string
}

/** Undefined for a Secret that is no bootstrap token, or one that is incomplete. */
export function bootstrapTokenOf({ metadata, type, data }: Secret): BootstrapToken | undefined {
  const field = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString()
  const [id, secret] = [field('token-id'), field('token-secret')]
  if (type !== bootstrapTokenType || !id || !secret) return undefined
  if (metadata.name !== bootstrapTokenPrefix + id) return undefined
  const expiration = field('expiration')
  return {
    ...{ id, secret, groups: field('auth-extra-groups') },
    expiresAtMs: expiration ? Date.parse(expiration) : undefined,
    mayBeUsedFor: (purpose) => field(`usage-bootstrap-${purpose}`) === 'true',
  }
}

/** A time that cannot be read has come. */
export function isExpired({ expiresAtMs }: BootstrapToken, now: Date): boolean {
  return expiresAtMs !== undefined && !(now.getTime() < expiresAtMs)
}
