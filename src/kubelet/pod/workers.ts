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

const resyncEveryMs = 60_000

export interface PodWorkersSettings {
  readonly context: NodeContext
  readonly informers: Pick<RunningInformers, 'onChange' | 'synced'>
  readonly signal: AbortSignal
}

export class PodWorkers {
  readonly #context: NodeContext
  readonly #informers: PodWorkersSettings['informers']
  readonly #signal: AbortSignal
  /** By uid. */
  readonly #workers = new Map<string, PodWorker>()
  readonly #lives = new Set<Promise<void>>()

  constructor({ context, informers, signal }: PodWorkersSettings) {
    this.#context = context
    this.#informers = informers
    this.#signal = signal
  }

  /** Pods of this node, with their newest status. */
  list(): readonly Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod)
  }

  find(namespace: string, name: string): Pod | undefined {
    // A Pod that is gone may still end while another has its name already.
    const present = [...this.#workers.values()].filter(({ isGone }) => !isGone)
    return present
      .map(({ pod }) => pod)
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  }

  /** Looks after Pods until the signal aborts. */
  async run(): Promise<void> {
    const informers = this.#informers
    await mkdir(join(this.#context.folder, 'pods'), { recursive: true, mode: 0o750 })
    await informers.synced(this.#signal)
    // Before there are Pods, so that objects known from the start count as no change.
    informers.onChange('ConfigMap', (change) => this.#objectChanged('configMaps', change))
    informers.onChange('Secret', (change) => this.#objectChanged('secrets', change))
    informers.onChange('Pod', (change) => this.#podChanged(change))
    await Promise.all([this.#listen(), this.#resync()])
    await Promise.all(this.#lives)
  }

  #podChanged({ previous, current }: ObjectChange<Pod>): void {
    if (this.#signal.aborted) return
    const before = previous?.metadata.uid
    if (before && before !== current?.metadata.uid) this.#workers.get(before)?.update(undefined)
    if (!current || current.spec.nodeName !== this.#context.node) return
    const worker = this.#workers.get(current.metadata.uid ?? '')
    if (worker) worker.update(current)
    else this.#start(current)
  }

  #start(pod: Pod): void {
    const { uid = '' } = pod.metadata
    const options = { signal: this.#signal, rejected: this.#admit(pod) }
    const worker = new PodWorker(pod, this.#context, options)
    this.#workers.set(uid, worker)
    const life = worker.ended
      .catch((error: unknown) => this.#context.log.error('a Pod worker ended', { uid, error }))
      .finally(() => {
        this.#workers.delete(uid)
        this.#lives.delete(life)
      })
    this.#lives.add(life)
  }

  /** Only of Pods that no kubelet has seen before: what runs is not refused any more. */
  #admit(pod: Pod): Rejection | undefined {
    if (pod.status?.startTime || pod.metadata.deletionTimestamp) return undefined
    const { allocatable, nodeLabels, node, recorder } = this.#context
    const rejected = rejection(pod, this.list(), { name: node, labels: nodeLabels(), allocatable })
    if (rejected) podEvents(recorder, pod).warn(rejected.reason, rejected.message)
    return rejected
  }

  #objectChanged(kind: 'configMaps' | 'secrets', change: ObjectChange<Named>): void {
    const { metadata } = change.current ?? change.previous ?? {}
    if (!metadata) return
    for (const worker of this.#workers.values()) {
      const { pod } = worker
      const isNear = pod.metadata.namespace === metadata.namespace
      if (isNear && namesOf(pod, kind).includes(metadata.name)) worker.objectChanged()
    }
  }

  async #listen(): Promise<void> {
    const { runtime } = this.#context
    for await (const { podSandboxId } of runtime.events(this.#signal)) {
      const sandbox = await runtime.podSandboxStatus(podSandboxId).catch(() => undefined)
      this.#workers.get(sandbox?.labels[label.podUid] ?? '')?.wake()
    }
  }

  async #resync(): Promise<void> {
    const { clock, log } = this.#context
    while (!this.#signal.aborted) {
      try {
        await this.#clearSandboxes()
        await this.#clearDirectories()
      } catch (error) {
        if (!this.#signal.aborted) log.warn('orphans not cleared', { error })
      }
      await clock.sleep(resyncEveryMs, this.#signal).catch(() => {})
      for (const worker of this.#workers.values()) worker.wake()
    }
  }

  /** Of Pods that the API does not know any more. */
  async #clearSandboxes(): Promise<void> {
    const { runtime, node, log } = this.#context
    for (const { id, labels } of await runtime.listPodSandbox()) {
      const uid = labels[label.podUid]
      if (labels[label.node] !== node || uid === undefined || this.#workers.has(uid)) continue
      log.info('removing the sandbox of a Pod that is gone', { id, uid })
      await runtime.stopPodSandbox(id)
      await runtime.removePodSandbox(id)
    }
  }

  async #clearDirectories(): Promise<void> {
    const { folder, volumes } = this.#context
    for (const uid of await readdir(join(folder, 'pods'))) {
      if (this.#workers.has(uid)) continue
      await volumes.release(uid)
      await rm(join(folder, 'pods', uid), { recursive: true, force: true })
    }
  }
}

type Named = Pick<Pod, 'metadata'>

function namesOf(pod: Pod, kind: 'configMaps' | 'secrets'): readonly string[] {
  const volumes = (pod.spec.volumes ?? []).flatMap((volume) => volumeReferences(volume)[kind])
  const variables = specContainers(pod).flatMap(({ container }) => envReferences(container)[kind])
  return [...volumes, ...variables]
}
