// Secrets of type kubernetes.io/service-account-token: filled with a token that never expires, the
// cluster's CA and their namespace; gone with their account.

import type { Secret, ServiceAccount } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import type { Listers } from '../../client/informer.ts'
import { deleteObject, nothing, type Plan, update } from '../../client/plan.ts'

export const tokenSecretType = 'kubernetes.io/service-account-token'
const nameAnnotation = 'kubernetes.io/service-account.name'
const uidAnnotation = 'kubernetes.io/service-account.uid'

export interface LegacyTokenOf {
  readonly namespace: string
  readonly account: { readonly name: string; readonly uid: string }
  readonly secret: string
}

/** Signs what names an account and the Secret that holds the token. */
export type SignLegacyToken = (of: LegacyTokenOf) => string

export interface Observed {
  readonly secret: Secret
  readonly account: ServiceAccount | undefined
}

export interface TokenSecretsOptions {
  readonly rootCa: string
  readonly sign: SignLegacyToken
}

export const tokenSecrets = (options: TokenSecretsOptions): Controller<Observed> => ({
  name: 'serviceaccount-token-controller',
  reconciles: 'Secret',
  triggers: {
    ServiceAccount: ({ previous, current }, { Secret }) => {
      const { name, namespace } = (current ?? previous)?.metadata ?? {}
      const own = Secret.list(namespace).filter((secret) => accountName(secret) === name)
      return own.map(({ metadata }) => ({
        namespace: metadata.namespace ?? '',
        name: metadata.name,
      }))
    },
  },
  observe: (key, listers) => observe(listers, listers.Secret.get(key)),
  plan: (observed) => planTokenSecret(observed, options),
})

function observe({ ServiceAccount }: Listers, secret: Secret | undefined): Observed | undefined {
  if (!secret || secret.type !== tokenSecretType || secret.metadata.deletionTimestamp) {
    return undefined
  }
  const name = accountName(secret)
  const namespace = secret.metadata.namespace ?? ''
  return name ? { secret, account: ServiceAccount.get({ namespace, name }) } : undefined
}

function accountName({ type, metadata }: Secret): string | undefined {
  return type === tokenSecretType ? metadata.annotations?.[nameAnnotation] : undefined
}

export function planTokenSecret(
  { secret, account }: Observed,
  { rootCa, sign }: TokenSecretsOptions,
): Plan {
  const { annotations, namespace = '', name } = secret.metadata
  const uid = account?.metadata.uid ?? ''
  const wantedUid = annotations?.[uidAnnotation] || uid
  if (!account || wantedUid !== uid) return { actions: [deleteObject('Secret', secret)] }
  const { data = {} } = secret
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const filled = {
    ...data,
    'ca.crt': encode(rootCa),
    namespace: data['namespace'] || encode(namespace),
  }
  const isFilled =
    data['token'] &&
    data['namespace'] &&
    data['ca.crt'] === filled['ca.crt'] &&
    annotations?.[uidAnnotation]
  if (isFilled) return nothing
  const of = { namespace, account: { name: account.metadata.name, uid }, secret: name }
  const token = data['token'] || encode(sign(of))
  const noted = { ...annotations, [uidAnnotation]: uid }
  const metadata = { ...secret.metadata, annotations: noted }
  const ignore = ['Conflict', 'NotFound'] as const
  const next = { ...secret, metadata, data: { ...filled, token } }
  return { actions: [{ ...update('Secret', next), ignore }] }
}
