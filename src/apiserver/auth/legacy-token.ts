// Tokens that Secrets hold: good while the Secret holds them and nothing marks them as invalid. Their
// use is written down by day, so that those nobody uses can be found.

import type { Secret, ServiceAccount } from '../../api/types.gen.ts'
import type { Reader } from '../reader.ts'

const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'

const automaticWarning =
  'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.'

export function holdsToken({ metadata, data }: Secret, token: string): boolean {
  if (metadata.deletionTimestamp || metadata.labels?.[invalidSinceLabel]) return false
  return Buffer.from(data?.['token'] ?? '', 'base64').toString() === token
}

/** Clusters of before 1.24 made such a token for every account. */
export function legacyWarnings(secret: Secret, account: ServiceAccount): readonly string[] {
  const isAutomatic = account.secrets?.some(({ name }) => name === secret.metadata.name)
  return isAutomatic ? [automaticWarning] : []
}

/** A use that cannot be written down is a use all the same. */
export async function recordUse(reader: Reader, secret: Secret, now: Date): Promise<void> {
  const today = now.toISOString().slice(0, 10)
  const { namespace, name, uid, labels } = secret.metadata
  if (labels?.[lastUsedLabel] === today) return
  const patch = { metadata: { uid, labels: { [lastUsedLabel]: today } } }
  const write = reader.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/secrets/${name}`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(patch),
  })
  await write.catch(() => {})
}
