// Every namespace has a ServiceAccount called default: Pods that name no other run as it.

import type { Namespace, ServiceAccount } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { create, nothing, type Plan } from '../../client/plan.ts'
import { isLive, namespaceOfMissing } from '../namespaces.ts'

export interface Observed {
  readonly namespace: Namespace
  readonly account: ServiceAccount | undefined
}

const name = 'default'

export const serviceAccountController: Controller<Observed> = {
  name: 'serviceaccount-controller',
  reconciles: 'Namespace',
  triggers: { ServiceAccount: (change) => namespaceOfMissing(change, name) },
  observe(key, { Namespace, ServiceAccount }) {
    const namespace = Namespace.get(key)
    return namespace && { namespace, account: ServiceAccount.get({ namespace: key.name, name }) }
  },
  plan: planServiceAccount,
}

export function planServiceAccount({ namespace, account }: Observed): Plan {
  if (account || !isLive(namespace)) return nothing
  const wanted: ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: namespace.metadata.name, name },
  }
  const ignore = ['AlreadyExists', 'NamespaceTerminating', 'NotFound'] as const
  return { actions: [{ ...create('ServiceAccount', wanted), ignore }] }
}
