// Room made by preemption is kept for whom it was made: Pods of lower priority see nominated Pods
// as if they were on their node already.

import type { Pod } from '../api/types.gen.ts'
import { podKey, type Snapshot, withPod } from './node-info.ts'
import type { ClusterView } from './plugin.ts'

export function withNominated(snapshot: Snapshot, pod: Pod, cluster: ClusterView): Snapshot {
  const nominated = cluster
    .list('Pod')
    .filter(
      (other) =>
        other.status?.nominatedNodeName &&
        !other.spec.nodeName &&
        !other.metadata.deletionTimestamp &&
        podKey(other) !== podKey(pod) &&
        (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0),
    )
  if (nominated.length === 0) return snapshot
  const nodes = snapshot.nodes.map((info) =>
    nominated
      .filter((other) => other.status?.nominatedNodeName === info.name)
      .reduce(withPod, info),
  )
  return { nodes }
}
