// What a ServiceAccount token says, and the user it stands for. Two forms: tokens of TokenRequest,
// bound to an object and an audience, and those that legacy Secrets hold. Pure.

import type { UserInfo } from '../request.ts'

export interface Named {
  readonly name: string
  readonly uid: string
}

/** The objects that must still exist for the token to be good. */
export interface TokenSubject {
  readonly namespace: string
  readonly serviceAccount: Named
  readonly pod?: Named
  readonly node?: Named
  readonly secret?: { readonly name: string; readonly uid?: string }
  readonly tokenId?: string
}

export interface PrivateClaims {
  readonly namespace: string
  readonly serviceaccount: Named
  readonly pod?: Named
  readonly node?: Named
  readonly secret?: Named
  /** From when on its use deserves a warning, in seconds; for tokens that live longer than asked. */
  readonly warnafter?: number
}

export interface TokenClaims {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly 'kubernetes.io': PrivateClaims
  readonly nbf: number
  readonly sub: string
}

export const legacyIssuer = 'kubernetes/serviceaccount'
const legacyPrefix = 'kubernetes.io/serviceaccount/'

type Claims = Readonly<Record<string, unknown>>

export function subjectOf(claims: Claims): TokenSubject | undefined {
  return claims['iss'] === legacyIssuer ? legacySubject(claims) : boundSubject(claims)
}

function boundSubject(claims: Claims): TokenSubject | undefined {
  const own = record(claims['kubernetes.io'])
  const namespace = text(own?.['namespace'])
  const serviceAccount = named(own?.['serviceaccount'])
  if (!namespace || !serviceAccount) return undefined
  const [pod, node, secret] = [named(own?.['pod']), named(own?.['node']), named(own?.['secret'])]
  const tokenId = text(claims['jti'])
  return {
    namespace,
    serviceAccount,
    ...(pod && { pod }),
    ...(node && { node }),
    ...(secret && { secret }),
    ...(tokenId && { tokenId }),
  }
}

function legacySubject(claims: Claims): TokenSubject | undefined {
  const of = (name: string) => text(claims[legacyPrefix + name])
  const namespace = of('namespace')
  const secret = of('secret.name')
  const [name, uid] = [of('service-account.name'), of('service-account.uid')]
  if (!namespace || !secret || !name || !uid) return undefined
  return { namespace, serviceAccount: { name, uid }, secret: { name: secret } }
}

export interface LegacyTokenOf {
  readonly namespace: string
  readonly account: Named
  /** The name of the Secret. */
  readonly secret: string
}

/** Claims of the token that a legacy Secret holds. */
export function legacyClaims({ namespace, account, secret }: LegacyTokenOf): object {
  return {
    iss: legacyIssuer,
    [`${legacyPrefix}namespace`]: namespace,
    [`${legacyPrefix}secret.name`]: secret,
    [`${legacyPrefix}service-account.name`]: account.name,
    [`${legacyPrefix}service-account.uid`]: account.uid,
    sub: serviceAccountUser(namespace, account.name),
  }
}

export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

const extraPrefix = 'authentication.kubernetes.io/'

export function userOfSubject(subject: TokenSubject): UserInfo {
  const { namespace, serviceAccount, pod, node, tokenId } = subject
  const extra: Record<string, readonly string[]> = {}
  if (tokenId) extra[`${extraPrefix}credential-id`] = [`JTI=${tokenId}`]
  if (node) extra[`${extraPrefix}node-name`] = [node.name]
  if (node) extra[`${extraPrefix}node-uid`] = [node.uid]
  if (pod) extra[`${extraPrefix}pod-name`] = [pod.name]
  if (pod) extra[`${extraPrefix}pod-uid`] = [pod.uid]
  return {
    name: serviceAccountUser(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

function record(value: unknown): Claims | undefined {
  return typeof value === 'object' && value !== null ? (value as Claims) : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value ? value : undefined
}

function named(value: unknown): Named | undefined {
  const [name, uid] = [text(record(value)?.['name']), text(record(value)?.['uid'])]
  return name && uid ? { name, uid } : undefined
}
