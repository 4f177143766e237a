// Every namespace has a ConfigMap with the certificate by which Pods know the API server.

import type { ConfigMap, Namespace } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { create, nothing, type Plan, update } from '../../client/plan.ts'
import { isLive, namespaceOfMissing } from '../namespaces.ts'
import { isSame } from '../template-hash.ts'

export interface Observed {
  readonly namespace: Namespace
  readonly configMap: ConfigMap | undefined
  readonly rootCa: string
}

const name = 'kube-root-ca.crt'
/** What upstream's annotation tells those who find the ConfigMap. */
const annotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

/** `rootCa` is PEM. */
export const rootCaPublisher = (rootCa: string): Controller<Observed> => ({
  name: 'root-ca-certificate-publisher',
  reconciles: 'Namespace',
  triggers: { ConfigMap: (change) => namespaceOfMissing(change, name) },
  observe(key, { Namespace, ConfigMap }) {
    const namespace = Namespace.get(key)
    const configMap = ConfigMap.get({ namespace: key.name, name })
    return namespace && { namespace, configMap, rootCa }
  },
  plan: planRootCa,
})

export function planRootCa({ namespace, configMap, rootCa }: Observed): Plan {
  if (!isLive(namespace)) return nothing
  const data = { 'ca.crt': rootCa }
  if (!configMap) {
    const metadata = { namespace: namespace.metadata.name, name, annotations }
    const wanted: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
    const ignore = ['AlreadyExists', 'NamespaceTerminating', 'NotFound'] as const
    return { actions: [{ ...create('ConfigMap', wanted), ignore }] }
  }
  const hasNote = Object.entries(annotations).every(
    ([key, value]) => configMap.metadata.annotations?.[key] === value,
  )
  if (isSame(configMap.data, data) && hasNote) return nothing
  const { metadata } = configMap
  const noted = { ...metadata, annotations: { ...metadata.annotations, ...annotations } }
  return { actions: [update('ConfigMap', { ...configMap, metadata: noted, data })] }
}
