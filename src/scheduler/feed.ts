// What the informers show, brought into the scheduler's cache and queue.

import type { Kind } from '../api/kinds.ts'
import type { ObjectKey } from '../api/meta.ts'
import type { Node, Pod } from '../api/types.gen.ts'
import type { Listers } from '../client/informer.ts'
import type { Want } from '../client/informers.ts'
import type { ClusterView } from './plugin.ts'
import type { SchedulerParts } from './scheduler.ts'

/** Kinds whose changes can make a node fit for a Pod that had none. */
const wakingKinds = ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass'] as const
const lookedUp = [
  'Namespace',
  'Service',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'PodDisruptionBudget',
] as const

export const schedulerWants: readonly Want[] = [
  { kind: 'Pod' },
  { kind: 'Node' },
  ...wakingKinds.map((kind) => ({ kind })),
  ...lookedUp.map((kind) => ({ kind })),
]

export function viewOf(listers: Listers): ClusterView {
  return {
    get: <K extends Kind>(kind: K, key: ObjectKey) => listers[kind].get(key),
    list: <K extends Kind>(kind: K, namespace?: string) => listers[kind].list(namespace),
  }
}

/** A Pod to be placed by the scheduler of this name, now. */
export function isOurs({ metadata, spec, status }: Pod, schedulerName: string): boolean {
  return (
    !spec.nodeName &&
    metadata.deletionTimestamp === undefined &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed' &&
    (spec.schedulerName ?? 'default-scheduler') === schedulerName &&
    (spec.schedulingGates ?? []).length === 0
  )
}

const takesRoom = ({ spec, status }: Pod) =>
  Boolean(spec.nodeName) && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'

export function feedScheduler({ informers, cache, queue, name }: SchedulerParts): void {
  informers.onChange('Node', ({ previous, current }) => {
    if (current) cache.putNode(current)
    else if (previous) cache.removeNode(previous.metadata.name)
    if (current && (!previous || changesFit(previous, current))) queue.wake()
  })
  informers.onChange('Pod', ({ previous, current }) => {
    if (current && takesRoom(current)) {
      cache.putPod(current)
      queue.remove(current)
      if (!previous?.spec.nodeName) queue.wake(looksAtPods)
      return
    }
    if (previous && takesRoom(previous)) {
      cache.removePod(previous)
      queue.wake()
    }
    if (!current) {
      if (previous) queue.remove(previous)
    } else if (isOurs(current, name)) {
      if (!previous || !isOurs(previous, name) || changesNeeds(previous, current)) {
        queue.put(current)
      }
    } else queue.remove(current)
  })
  for (const kind of wakingKinds) informers.onChange(kind, () => queue.wake())
}

/** A Pod more somewhere can only help those that want to be near it or spread with it. */
const looksAtPods = ({ spec }: Pod) =>
  spec.affinity?.podAffinity !== undefined || spec.topologySpreadConstraints !== undefined

/** Heartbeats come every few seconds and change nothing that matters here. */
function changesFit(previous: Node, current: Node): boolean {
  const view = ({ metadata, spec, status }: Node) =>
    JSON.stringify([metadata.labels, spec.taints, spec.unschedulable, status?.allocatable])
  return view(previous) !== view(current)
}

/** Our own writes to the status are no reason to try again. */
function changesNeeds(previous: Pod, current: Pod): boolean {
  const view = ({ metadata, spec }: Pod) => JSON.stringify([metadata.labels, spec])
  return view(previous) !== view(current)
}
