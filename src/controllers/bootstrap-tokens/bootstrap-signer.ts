// The ConfigMap cluster-info in kube-public is signed with every bootstrap token that may sign: who
// is to join and holds a token can tell that the cluster is the one that was meant.

import { createHmac } from 'node:crypto'
import {
  bootstrapNamespace,
  bootstrapTokenOf,
  bootstrapTokenType,
  isExpired,
} from '../../api/bootstrap-token.ts'
import type { ConfigMap, Secret } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { nothing, type Plan, update } from '../../client/plan.ts'

export interface Observed {
  readonly info: ConfigMap
  readonly secrets: readonly Secret[]
}

const key = { namespace: 'kube-public', name: 'cluster-info' }
const signaturePrefix = 'jws-kubeconfig-'

export const bootstrapSigner: Controller<Observed> = {
  name: 'bootstrap-signer-controller',
  reconciles: 'ConfigMap',
  triggers: {
    Secret: ({ previous, current }) =>
      (current ?? previous)?.type === bootstrapTokenType ? [key] : [],
  },
  observe({ namespace, name }, { ConfigMap, Secret }) {
    if (namespace !== key.namespace || name !== key.name) return undefined
    const info = ConfigMap.get(key)
    return info && { info, secrets: Secret.list(bootstrapNamespace) }
  },
  plan: planSignatures,
}

export function planSignatures({ info, secrets }: Observed, now: Date): Plan {
  const { kubeconfig } = info.data ?? {}
  if (kubeconfig === undefined) return nothing
  const tokens = secrets
    .flatMap((secret) => bootstrapTokenOf(secret) ?? [])
    .filter((token) => token.mayBeUsedFor('signing') && !isExpired(token, now))
  const wanted = tokens.map(
    ({ id, secret }) =>
      [`${signaturePrefix}${id}`, detachedSignature(kubeconfig, id, secret)] as const,
  )
  const unsigned = Object.entries(info.data ?? {}).filter(
    ([name]) => !name.startsWith(signaturePrefix),
  )
  const data = Object.fromEntries([...unsigned, ...wanted])
  const isSame =
    Object.keys(data).length === Object.keys(info.data ?? {}).length &&
    wanted.every(([name, signature]) => info.data?.[name] === signature)
  if (isSame) return nothing
  const ignore = ['Conflict', 'NotFound'] as const
  return { actions: [{ ...update('ConfigMap', { ...info, data }), ignore }] }
}

/** A JSON Web Signature whose payload is left out: `HEADER..SIGNATURE`. */
function detachedSignature(content: string, id: string, secret: string): string {
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const header = encode(JSON.stringify({ alg: 'HS256', kid: id }))
  const hmac = createHmac('sha256', secret).update(`${header}.${encode(content)}`)
  return `${header}..${hmac.digest('base64url')}`
}
