// What is said of a ServiceAccount. In: the account. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { ServiceAccount } from '../types.gen.ts'

const mountable = 'kubernetes.io/enforce-mountable-secrets'

export function accountWarnings(
  { metadata }: DraftOf<ServiceAccount>,
  previous: DraftOf<ServiceAccount> | undefined,
): string[] {
  if (metadata?.annotations?.[mountable] === undefined) return []
  if (previous?.metadata?.annotations?.[mountable] !== undefined) return []
  const instead = 'prefer separate namespaces to isolate access to mounted secrets'
  return [`metadata.annotations[${mountable}]: deprecated in v1.32+; ${instead}`]
}
