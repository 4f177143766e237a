// Keeps the policy index current from the stored roles and bindings.

import type { Following, Reader } from '../reader.ts'
import type { PolicyIndex } from './policy-index.ts'

/** Resolves once everything stored now is in the index. */
export async function followPolicy(
  reader: Reader,
  index: PolicyIndex,
  signal: AbortSignal,
): Promise<Following> {
  const all = await Promise.all([
    reader.follow('ClusterRole', index.changeRole, signal),
    reader.follow('Role', index.changeRole, signal),
    reader.follow('ClusterRoleBinding', index.changeBinding, signal),
    reader.follow('RoleBinding', index.changeBinding, signal),
  ])
  return { ended: Promise.all(all.map(({ ended }) => ended)).then(() => {}) }
}
