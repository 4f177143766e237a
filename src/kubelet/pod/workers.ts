// One worker for each Pod bound to this node, fed by the watch and by what happens in the
// runtime; and the end of whatever belongs to no Pod.

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../api/types.gen.ts'
import type { ObjectChange } from '../../client/informer.ts'
import type { RunningInformers } from '../../client/informers.ts'
import { envReferences } from '../env/references.ts'
import { volumeReferences } from '../volumes/payload.ts'
import { type Rejection, rejection } from './admission.ts'
import { podEvents } from './events.ts'
import { label } from './labels.ts'
import type { NodeContext } from './node-context.ts'
import { specContainers } from './spec.ts'
import { PodWorker } from './worker.ts'

export interface PodWorkers {
  /** Pods of this node, with their newest status. */
  list(): readonly Pod[]
  find(namespace: string, name: string): Pod | undefined
  /** Looks after Pods until the signal aborts. */
  run(): Promise<void>
}

const resyncEveryMs = 60_000

export function createPodWorkers(
  context: NodeContext,
  informers: Pick<RunningInformers, 'onChange' | 'synced' | 'listers'>,
  signal: AbortSignal,
): PodWorkers {
  const { node, clock, log, runtime, folder, volumes } = context
  const workers = new Map<string, PodWorker>()
  const lives = new Set<Promise<void>>()

  function podChanged({ previous, current }: ObjectChange<Pod>): void {
    if (signal.aborted) return
    const before = previous?.metadata.uid
    if (before && before !== current?.metadata.uid) workers.get(before)?.update(undefined)
    if (!current || current.spec.nodeName !== node) return
    const { uid = '' } = current.metadata
    const worker = workers.get(uid)
    if (worker) worker.update(current)
    else start(uid, current)
  }

  function start(uid: string, pod: Pod): void {
    const worker = new PodWorker(pod, context, { signal, rejected: admit(pod) })
    workers.set(uid, worker)
    const life = worker.ended
      .catch((error: unknown) => log.error('a Pod worker ended', { uid, error }))
      .finally(() => {
        workers.delete(uid)
        lives.delete(life)
      })
    lives.add(life)
  }

  /** Only of Pods that no kubelet has seen before: what runs is not refused any more. */
  function admit(pod: Pod): Rejection | undefined {
    if (pod.status?.startTime || pod.metadata.deletionTimestamp) return undefined
    const others = [...workers.values()].map((worker) => worker.pod)
    const { allocatable, nodeLabels } = context
    const rejected = rejection(pod, others, { name: node, labels: nodeLabels(), allocatable })
    if (rejected) podEvents(context.recorder, pod).warn(rejected.reason, rejected.message)
    return rejected
  }

  function objectChanged(kind: 'configMaps' | 'secrets', change: ObjectChange<Named>): void {
    const { metadata } = change.current ?? change.previous ?? {}
    if (!metadata) return
    for (const worker of workers.values())
      if (
        worker.pod.metadata.namespace === metadata.namespace &&
        namesOf(worker.pod, kind).includes(metadata.name)
      )
        worker.objectChanged()
  }

  async function listen(): Promise<void> {
    for await (const { podSandboxId } of runtime.events(signal)) {
      const sandbox = await runtime.podSandboxStatus(podSandboxId).catch(() => undefined)
      workers.get(sandbox?.labels[label.podUid] ?? '')?.wake()
    }
  }

  /** What is in the runtime or on the disk of a Pod that the API does not know any more. */
  async function clearOrphans(): Promise<void> {
    const isOrphan = (uid: string | undefined) => uid !== undefined && !workers.has(uid)
    for (const { id, labels } of await runtime.listPodSandbox()) {
      if (labels[label.node] !== node || !isOrphan(labels[label.podUid])) continue
      log.info('removing the sandbox of a Pod that is gone', { id, uid: labels[label.podUid] })
      await runtime.stopPodSandbox(id)
      await runtime.removePodSandbox(id)
    }
    for (const uid of await readdir(join(folder, 'pods'))) {
      if (!isOrphan(uid)) continue
      await volumes.release(uid)
      await rm(join(folder, 'pods', uid), { recursive: true, force: true })
    }
  }

  async function resync(): Promise<void> {
    while (!signal.aborted) {
      try {
        await clearOrphans()
      } catch (error) {
        log.warn('orphans not cleared', { error })
      }
      await clock.sleep(resyncEveryMs, signal).catch(() => {})
      for (const worker of workers.values()) worker.wake()
    }
  }

  return {
    list: () => [...workers.values()].map(({ pod }) => pod),
    find: (namespace, name) =>
      [...workers.values()]
        .map(({ pod }) => pod)
        .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    async run() {
      await mkdir(join(folder, 'pods'), { recursive: true, mode: 0o750 })
      await informers.synced(signal)
      // Before there are Pods, so that objects known from the start count as no change.
      informers.onChange('ConfigMap', (change) => objectChanged('configMaps', change))
      informers.onChange('Secret', (change) => objectChanged('secrets', change))
      informers.onChange('Pod', podChanged)
      await Promise.all([listen(), resync()])
      await Promise.all(lives)
    },
  }
}

type Named = Pick<Pod, 'metadata'>

function namesOf(pod: Pod, kind: 'configMaps' | 'secrets'): readonly string[] {
  const volumes = (pod.spec.volumes ?? []).flatMap((volume) => volumeReferences(volume)[kind])
  const variables = specContainers(pod).flatMap(({ container }) => envReferences(container)[kind])
  return [...volumes, ...variables]
}
