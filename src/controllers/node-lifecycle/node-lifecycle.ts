// Node lifecycle: notes when each node was last heard, and gathers what the plan needs to see.

import type { Controller } from '../../client/controller.ts'
import type { Clock } from '../../lib/clock.ts'
import { findCondition } from '../conditions.ts'
import { isSame } from '../template-hash.ts'
import { type Observed, planNodeLifecycle } from './plan.ts'

const leases = 'kube-node-lease'

/**
 * Heartbeats are told by their changing, seen by our own clock: no two clocks are compared, and
 * after a restart every node has the whole grace period again.
 */
export function nodeLifecycleController(clock: Clock): Controller<Observed> {
  const heard = new Map<string, number>()
  const known = new Set<string>()
  const hear = (name: string) => void heard.set(name, clock.now().getTime())
  return {
    name: 'node-controller',
    reconciles: 'Node',
    reads: ['Pod'],
    triggers: {
      Lease: ({ previous, current }) => {
        const { name, namespace } = current?.metadata ?? {}
        if (namespace !== leases || name === undefined) return []
        const isNews = previous?.spec.renewTime !== current?.spec.renewTime
        const wasSilent = clock.now().getTime() - (heard.get(name) ?? 0) > 20_000
        if (isNews) hear(name)
        // A node that renews in time is looked at by the requeue alone.
        return isNews && wasSilent ? [{ name }] : []
      },
      Node: ({ previous, current }) => {
        if (!current) {
          heard.delete(previous?.metadata.name ?? '')
          known.delete(previous?.metadata.name ?? '')
        } else if (!isSame(previous && heartbeat(previous), heartbeat(current))) {
          hear(current.metadata.name)
        }
        return []
      },
    },
    observe({ name }, { Node, Pod }) {
      const node = Node.get({ name })
      if (!node) return undefined
      if (!heard.has(name)) hear(name)
      const isReady = findCondition(node.status?.conditions, 'Ready')?.status === 'True'
      const heardMs = heard.get(name) ?? 0
      const isSilent = clock.now().getTime() - heardMs > 40_000
      // Only a node in trouble has its Pods looked for.
      const pods =
        isReady && !isSilent ? [] : Pod.list().filter(({ spec }) => spec.nodeName === name)
      const isNew = !known.has(name)
      known.add(name)
      return { node, heardMs, pods, isNew }
    },
    plan: planNodeLifecycle,
  }
}

/** What only a kubelet writes; our own Unknown does not count as hearing from it. */
function heartbeat({ status }: { status?: { conditions?: readonly { type: string }[] } }): unknown {
  const ready = findCondition(status?.conditions as Parameters<typeof findCondition>[0], 'Ready')
  return ready && 'lastHeartbeatTime' in ready ? ready.lastHeartbeatTime : undefined
}
