// Table: what health is made of, under upstream's names: steps of the start that have been taken, the
// store, the log. In: what the server knows of itself. Out: checks for health.ts.

import type { HealthCheck } from './health.ts'
import type { Reader } from './reader.ts'

export interface ServerFacts {
  readonly reader: Pick<Reader, 'get'>
  /** All that is done before the first request is served. */
  readonly isStarted: () => boolean
  /** APIServices of this server's own groups that are not there yet. */
  readonly missingServices: () => readonly string[]
}

/** What the start does, each step under the name it has upstream. */
const startSteps = [
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'crd-informer-synced',
  'start-apiextensions-controllers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-config-producer',
  'priority-and-fairness-filter',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
] as const

export function healthChecksOf({
  reader,
  isStarted,
  missingServices,
}: ServerFacts): readonly HealthCheck[] {
  const started = async () => {
    if (!isStarted()) throw new Error('not finished')
  }
  return [
    { name: 'log', check: async () => {} },
    { name: 'etcd', check: async () => void (await reader.get('Namespace', { name: 'default' })) },
    { name: 'informer-sync', check: started, readinessOnly: true },
    ...startSteps.map((step) => ({ name: `poststarthook/${step}`, check: started })),
    {
      name: 'autoregister-completion',
      async check() {
        const missing = missingServices()
        if (missing.length > 0) throw new Error(`missing APIService: [${missing.join(' ')}]`)
      },
    },
  ]
}
