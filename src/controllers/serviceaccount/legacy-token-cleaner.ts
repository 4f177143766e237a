// Tokens that older clusters made for every account, which nobody has used for a year: first marked
// as invalid, and gone after another year.

import type { ConfigMap, Pod, Secret, ServiceAccount } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { deleteObject, nothing, type Plan } from '../../client/plan.ts'
import { tokenSecretType } from './token-secrets.ts'

export interface Observed {
  readonly secret: Secret
  readonly account: ServiceAccount | undefined
  readonly pods: readonly Pod[]
  /** Says since when uses are recorded. */
  readonly tracking: ConfigMap | undefined
}

const dayMs = 24 * 3600_000
const unusedMs = 365 * dayMs
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const trackingKey = {
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
}

export const legacyTokenCleaner: Controller<Observed> = {
  name: 'legacy-serviceaccount-token-cleaner-controller',
  reconciles: 'Secret',
  reads: ['ServiceAccount', 'Pod', 'ConfigMap'],
  observe(key, { Secret, ServiceAccount, Pod, ConfigMap }) {
    const secret = Secret.get(key)
    if (secret?.type !== tokenSecretType) return undefined
    const { namespace = '', annotations } = secret.metadata
    const name = annotations?.['kubernetes.io/service-account.name'] ?? ''
    return {
      secret,
      account: ServiceAccount.get({ namespace, name }),
      pods: Pod.list(namespace),
      tracking: ConfigMap.get(trackingKey),
    }
  },
  plan: planLegacyToken,
}

/** Looked at again each day. */
export function planLegacyToken(observed: Observed, now: Date): Plan {
  return { requeueAfterMs: dayMs, ...stepFor(observed, now) }
}

function stepFor({ secret, account, pods, tracking }: Observed, now: Date): Plan {
  const { name, labels, creationTimestamp = '', deletionTimestamp, uid } = secret.metadata
  const isAutomatic = account?.secrets?.some((reference) => reference.name === name)
  if (!isAutomatic || deletionTimestamp || isMounted(name, pods)) return nothing
  const beforeMs = now.getTime() - unusedMs
  const trackedMs = Date.parse(tracking?.data?.['since'] ?? '') + dayMs
  if (!(trackedMs <= beforeMs) || !(Date.parse(creationTimestamp) < beforeMs)) return nothing
  const before = dateText(new Date(beforeMs))
  const lastUsed = labels?.[lastUsedLabel]
  if (lastUsed !== undefined && !(isDate(lastUsed) && lastUsed < before)) return nothing
  const invalidSince = labels?.[invalidSinceLabel] ?? ''
  if (isDate(invalidSince)) {
    return invalidSince < before ? { actions: [deleteObject('Secret', secret)] } : nothing
  }
  const { namespace = '' } = secret.metadata
  const patch = { metadata: { uid, labels: { [invalidSinceLabel]: dateText(now) } } }
  const key = { namespace, name }
  return { actions: [{ verb: 'patch', kind: 'Secret', key, type: 'merge', patch }] }
}

function isMounted(secret: string, pods: readonly Pod[]): boolean {
  return pods.some(({ spec }) => JSON.stringify(spec).includes(JSON.stringify(secret)))
}

function dateText(time: Date): string {
  return time.toISOString().slice(0, 10)
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
}
