// Bootstrap tokens go when their time has come.

import { bootstrapNamespace, bootstrapTokenOf, isExpired } from '../../api/bootstrap-token.ts'
import type { Secret } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { deleteObject, nothing, type Plan } from '../../client/plan.ts'

export const tokenCleaner: Controller<Secret> = {
  name: 'token-cleaner-controller',
  reconciles: 'Secret',
  observe: (key, { Secret }) =>
    key.namespace === bootstrapNamespace ? Secret.get(key) : undefined,
  plan: planCleaning,
}

export function planCleaning(secret: Secret, now: Date): Plan {
  const token = bootstrapTokenOf(secret)
  if (token?.expiresAtMs === undefined) return nothing
  if (!isExpired(token, now)) {
    return { actions: [], requeueAfterMs: token.expiresAtMs - now.getTime() }
  }
  return { actions: [deleteObject('Secret', secret)] }
}
