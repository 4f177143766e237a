// ReplicaSets and ReplicationControllers: what the plan needs to see, gathered from the listers.

import { controllerOf, type KubeObject, type ObjectKey } from '../../api/meta.ts'
import { matchesSelector } from '../../api/selector/match.ts'
import type { LabelSelector, Pod, ReplicaSet } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import type { Listers, ObjectChange } from '../../client/informer.ts'
import { isActive } from '../pod-state.ts'
import { type Observed, planReplicas } from './plan.ts'

export const replicaSetController: Controller<Observed> = {
  name: 'replicaset-controller',
  reconciles: 'ReplicaSet',
  owns: ['Pod'],
  triggers: {
    Pod: (change, { ReplicaSet }) =>
      orphanMatches(change, (namespace) =>
        ReplicaSet.list(namespace).map((owner) => [owner, owner.spec.selector]),
      ),
  },
  observe(key, listers) {
    const owner = listers.ReplicaSet.get(key)
    if (!owner) return undefined
    const { selector } = owner.spec
    return {
      owner,
      selector,
      candidates: candidatesOf(owner, selector, listers),
      related: relatedPods(owner, listers),
    }
  },
  plan: planReplicas,
}

export const replicationController: Controller<Observed> = {
  name: 'replication-controller',
  reconciles: 'ReplicationController',
  owns: ['Pod'],
  triggers: {
    Pod: (change, { ReplicationController }) =>
      orphanMatches(change, (namespace) =>
        ReplicationController.list(namespace).map((owner) => [
          owner,
          { matchLabels: owner.spec.selector ?? {} },
        ]),
      ),
  },
  observe(key, listers) {
    const owner = listers.ReplicationController.get(key)
    if (!owner) return undefined
    const selector = { matchLabels: owner.spec.selector ?? {} }
    const candidates = candidatesOf(owner, selector, listers)
    return { owner, selector, candidates, related: candidates }
  },
  plan: planReplicas,
}

/** Pods it controls, and orphans of its namespace that its selector matches. */
export function candidatesOf(
  owner: KubeObject,
  selector: LabelSelector,
  { Pod }: Listers,
): readonly Pod[] {
  const { uid = '', namespace = '' } = owner.metadata
  const orphans = Pod.matching(namespace, selector).filter((pod) => !controllerOf(pod))
  return [...Pod.controlledBy(uid), ...orphans]
}

/** Active Pods of every ReplicaSet that the same Deployment controls. */
function relatedPods(owner: ReplicaSet, { ReplicaSet, Pod }: Listers): readonly Pod[] {
  const controller = controllerOf(owner)
  const siblings = controller ? ReplicaSet.controlledBy(controller.uid) : [owner]
  return siblings.flatMap(({ metadata }) =>
    Pod.controlledBy(metadata.uid ?? '').filter((pod) => isActive(pod)),
  )
}

/** The owners that could adopt a Pod that has no controller (any more). */
export function orphanMatches(
  { current }: ObjectChange<Pod>,
  owners: (namespace: string) => readonly (readonly [KubeObject, LabelSelector])[],
): readonly ObjectKey[] {
  if (!current || controllerOf(current)) return []
  return owners(current.metadata.namespace ?? '')
    .filter(([, selector]) => matchesSelector(selector, current.metadata.labels))
    .map(([{ metadata }]) => metadata)
}
