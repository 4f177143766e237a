// What is true of a node whose kubelet is or is not heard: its conditions, its taints, and
// whether its Pods still count as ready.

import { keyOf } from '../../api/meta.ts'
import type { Node, NodeCondition, Pod, Taint } from '../../api/types.gen.ts'
import { type Action, note, type Plan } from '../../client/plan.ts'
import { findCondition } from '../conditions.ts'
import { isSame } from '../template-hash.ts'

export interface Observed {
  readonly node: Node
  /** When the node's lease or status was last seen to change, by our own clock. */
  readonly heardMs: number
  /** Those on the node. */
  readonly pods: readonly Pod[]
  /** Seen for the first time since the controller started. */
  readonly isNew: boolean
}

/** Upstream's node-monitor-grace-period. */
export const graceMs = 50_000

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const
const prefix = 'node.kubernetes.io/'

/** Condition and value -> the taint that keeps new Pods away. */
const taintOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: `${prefix}not-ready`, Unknown: `${prefix}unreachable` },
  MemoryPressure: { True: `${prefix}memory-pressure` },
  DiskPressure: { True: `${prefix}disk-pressure` },
  PIDPressure: { True: `${prefix}pid-pressure` },
  NetworkUnavailable: { True: `${prefix}network-unavailable` },
}
const evicting = new Set([`${prefix}not-ready`, `${prefix}unreachable`])
const unschedulable = `${prefix}unschedulable`
const ours = new Set([unschedulable, ...Object.values(taintOf).flatMap(Object.values<string>)])

export function planNodeLifecycle({ node, heardMs, pods, isNew }: Observed, now: Date): Plan {
  const silentMs = now.getTime() - heardMs
  const seen = silentMs > graceMs ? withSilence(node, now) : node
  const taints = wantedTaints(seen, now)
  const isTainted = isSame(sorted(taints), sorted(node.spec.taints ?? []))
  const readyBefore = findCondition(node.status?.conditions, 'Ready')?.status
  const readyNow = findCondition(seen.status?.conditions, 'Ready')?.status
  return {
    actions: [
      ...(isNew ? [registeredNote(node)] : []),
      // The taints carry the revision that was seen, so they come before the status moves it on.
      ...(isTainted ? [] : [taintsPatch(node, taints)]),
      ...(seen === node ? [] : [statusPatch(seen)]),
      ...(readyBefore === 'True' && readyNow !== 'True' ? [notReadyNote(node)] : []),
      ...(readyNow === 'True' ? [] : pods.flatMap((pod) => markNotReady(pod, now))),
    ],
    ...(silentMs <= graceMs && { requeueAfterMs: graceMs - silentMs + 1000 }),
  }
}

function registeredNote(node: Node): Action {
  const { name } = node.metadata
  const message = `Node ${name} event: Registered Node ${name} in Controller`
  return note(node, 'Normal', 'RegisteredNode', message)
}

function notReadyNote(node: Node): Action {
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`
  return note(node, 'Normal', 'NodeNotReady', message)
}

/** Nobody has said anything for too long: what was known is unknown now. */
function withSilence(node: Node, now: Date): Node {
  const { conditions = [] } = node.status ?? {}
  const time = `${now.toISOString().slice(0, 19)}Z`
  const unknown = watched.flatMap((type): NodeCondition[] => {
    const current = findCondition(conditions, type)
    if (current?.status === 'Unknown') return []
    const { lastHeartbeatTime = node.metadata.creationTimestamp ?? time } = current ?? {}
    const said = current
      ? { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
      : { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }
    return [{ type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime: time, ...said }]
  })
  if (unknown.length === 0) return node
  const types = new Set(unknown.map(({ type }) => type))
  const kept = conditions.filter(({ type }) => !types.has(type))
  return { ...node, status: { ...node.status, conditions: [...kept, ...unknown] } }
}

/** The node's own taints and those that its conditions stand for. */
function wantedTaints(node: Node, now: Date): readonly Taint[] {
  const { taints = [], unschedulable: isCordoned } = node.spec
  const wanted = (node.status?.conditions ?? []).flatMap(({ type, status }) => {
    const key = taintOf[type]?.[status]
    if (!key) return []
    const effects = evicting.has(key)
      ? (['NoSchedule', 'NoExecute'] as const)
      : (['NoSchedule'] as const)
    return effects.map((effect) => ({ key, effect }))
  })
  const all: readonly Pick<Taint, 'key' | 'effect'>[] = [
    ...wanted,
    ...(isCordoned ? [{ key: unschedulable, effect: 'NoSchedule' as const }] : []),
  ]
  const timeAdded = `${now.toISOString().slice(0, 19)}Z`
  // Of a node that has reported nothing yet, what it was made with stays true.
  const isKept = ({ key }: Taint) =>
    !ours.has(key) ||
    (key === `${prefix}not-ready` && !findCondition(node.status?.conditions, 'Ready'))
  return [
    ...taints.filter(isKept),
    ...all.map(
      ({ key, effect }) =>
        taints.find((taint) => taint.key === key && taint.effect === effect) ?? {
          key,
          effect,
          timeAdded,
        },
    ),
  ]
}

const sorted = (taints: readonly Taint[]) =>
  taints.map(({ key, effect, value = '' }) => `${key}=${value}:${effect}`).toSorted()

function statusPatch(node: Node): Action {
  return {
    verb: 'patch',
    kind: 'Node',
    key: keyOf(node),
    type: 'strategic',
    patch: { status: { conditions: node.status?.conditions ?? [] } },
    subresource: 'status',
    ignore: ['NotFound'],
  }
}

/** The whole list at once; the revision makes sure that nobody else's taint is lost. */
function taintsPatch(node: Node, taints: readonly Taint[]): Action {
  const { resourceVersion } = node.metadata
  return {
    verb: 'patch',
    kind: 'Node',
    key: keyOf(node),
    type: 'merge',
    patch: { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } },
    ignore: ['NotFound'],
  }
}

/** Services stop sending to Pods of which nothing is heard. */
function markNotReady(pod: Pod, now: Date): readonly Action[] {
  const ready = findCondition(pod.status?.conditions, 'Ready')
  if (ready?.status !== 'True' || pod.metadata.deletionTimestamp) return []
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`
  return [
    {
      verb: 'patch',
      kind: 'Pod',
      key: keyOf(pod),
      type: 'strategic',
      patch: { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }] } },
      subresource: 'status',
      ignore: ['NotFound'],
    },
    note(pod, 'Warning', 'NodeNotReady', 'Node is not ready'),
  ]
}
