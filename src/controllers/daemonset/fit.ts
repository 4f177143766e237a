// Whether a node should run a daemon's Pod: what the scheduler would say of node, taints and
// affinity, without looking at what else runs there.

import { fitsNode } from '../../api/selector/node.ts'
import { isTolerated } from '../../api/tolerations.ts'
import type { Node, PodSpec, Taint, Toleration } from '../../api/types.gen.ts'

export interface Fit {
  /** A Pod should be made there. */
  readonly shouldRun: boolean
  /** A Pod that is there may stay. */
  readonly mayStay: boolean
}

const prefix = 'node.kubernetes.io/'

/** What every daemon tolerates, so that nodes in trouble keep their daemons. */
export function daemonTolerations({ hostNetwork }: PodSpec): readonly Toleration[] {
  const tolerated = (key: string, effect: Taint['effect']): Toleration => ({
    key: `${prefix}${key}`,
    operator: 'Exists',
    effect,
  })
  return [
    tolerated('not-ready', 'NoExecute'),
    tolerated('unreachable', 'NoExecute'),
    tolerated('disk-pressure', 'NoSchedule'),
    tolerated('memory-pressure', 'NoSchedule'),
    tolerated('pid-pressure', 'NoSchedule'),
    tolerated('unschedulable', 'NoSchedule'),
    ...(hostNetwork ? [tolerated('network-unavailable', 'NoSchedule')] : []),
  ]
}

export function fitOf(node: Node, spec: PodSpec): Fit {
  const isMeant =
    (!spec.nodeName || spec.nodeName === node.metadata.name) && fitsNode({ spec }, node)
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(spec)]
  const untolerated = (node.spec.taints ?? []).filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations),
  )
  return {
    shouldRun: isMeant && untolerated.length === 0,
    mayStay: isMeant && untolerated.every(({ effect }) => effect !== 'NoExecute'),
  }
}
