// DaemonSets: what the plan needs to see, gathered from the listers.

import type { Node } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { candidatesOf, orphanMatches } from '../replicaset/replicaset.ts'
import { isSame } from '../template-hash.ts'
import { type Observed, planDaemonSet } from './plan.ts'

export const daemonSetController: Controller<Observed> = {
  name: 'daemonset-controller',
  reconciles: 'DaemonSet',
  owns: ['Pod', 'ControllerRevision'],
  triggers: {
    Pod: (change, { DaemonSet }) =>
      orphanMatches(change, (namespace) =>
        DaemonSet.list(namespace).map((set) => [set, set.spec.selector]),
      ),
    Node: ({ previous, current }, { DaemonSet }) =>
      previous && current && isSame(placing(previous), placing(current))
        ? []
        : DaemonSet.list().map(({ metadata }) => metadata),
  },
  observe(key, listers) {
    const set = listers.DaemonSet.get(key)
    return (
      set && {
        set,
        nodes: listers.Node.list(),
        candidates: candidatesOf(set, set.spec.selector, listers),
        revisions: listers.ControllerRevision.controlledBy(set.metadata.uid ?? ''),
      }
    )
  },
  plan: planDaemonSet,
}

/** What decides whether a node runs a daemon; heartbeats do not. */
const placing = ({ metadata, spec }: Node) => [metadata.labels ?? {}, spec.taints ?? []]
