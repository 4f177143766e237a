// Deployments: what the plan needs to see, gathered from the listers.

import { controllerOf } from '../../api/meta.ts'
import { matchesSelector } from '../../api/selector/match.ts'
import type { Controller } from '../../client/controller.ts'
import { type Observed, planDeployment } from './plan.ts'

export const deploymentController: Controller<Observed> = {
  name: 'deployment-controller',
  reconciles: 'Deployment',
  owns: ['ReplicaSet'],
  triggers: {
    ReplicaSet: ({ current }, { Deployment }) =>
      current && !controllerOf(current)
        ? Deployment.list(current.metadata.namespace)
            .filter(({ spec }) => matchesSelector(spec.selector, current.metadata.labels))
            .map(({ metadata }) => metadata)
        : [],
    // Recreate waits for the end of old Pods, which changes no ReplicaSet's size.
    Pod: ({ previous, current }, { ReplicaSet, Deployment }) => {
      const owner = previous && !current ? controllerOf(previous) : undefined
      const namespace = previous?.metadata.namespace ?? ''
      const set = owner && ReplicaSet.get({ namespace, name: owner.name })
      const name = set && controllerOf(set)?.name
      const deployment = name === undefined ? undefined : Deployment.get({ namespace, name })
      return deployment?.spec.strategy?.type === 'Recreate' ? [deployment.metadata] : []
    },
  },
  observe(key, { Deployment, ReplicaSet, Pod }) {
    const deployment = Deployment.get(key)
    if (!deployment) return undefined
    const { namespace = '', uid = '' } = deployment.metadata
    const orphans = ReplicaSet.matching(namespace, deployment.spec.selector).filter(
      (set) => !controllerOf(set),
    )
    return {
      deployment,
      candidates: [...ReplicaSet.controlledBy(uid), ...orphans],
      named: (name) => ReplicaSet.get({ namespace, name }),
      podsOf: (replicaSetUid) => Pod.controlledBy(replicaSetUid),
    }
  },
  plan: planDeployment,
}
