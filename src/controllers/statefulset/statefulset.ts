// StatefulSets: what the plan needs to see, gathered from the listers.

import type { Controller } from '../../client/controller.ts'
import { candidatesOf, orphanMatches } from '../replicaset/replicaset.ts'
import { type Observed, planStatefulSet } from './plan.ts'

export const statefulSetController: Controller<Observed> = {
  name: 'statefulset-controller',
  reconciles: 'StatefulSet',
  owns: ['Pod', 'ControllerRevision'],
  reads: ['PersistentVolumeClaim'],
  triggers: {
    Pod: (change, { StatefulSet }) =>
      orphanMatches(change, (namespace) =>
        StatefulSet.list(namespace).map((set) => [set, set.spec.selector]),
      ),
  },
  observe(key, listers) {
    const set = listers.StatefulSet.get(key)
    if (!set) return undefined
    const { namespace = '', uid = '' } = set.metadata
    return {
      set,
      candidates: candidatesOf(set, set.spec.selector, listers),
      revisions: listers.ControllerRevision.controlledBy(uid),
      claim: (name) => listers.PersistentVolumeClaim.get({ namespace, name }),
    }
  },
  plan: planStatefulSet,
}
