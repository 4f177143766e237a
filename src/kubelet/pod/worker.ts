// The life of one Pod on this node: look, plan, act, wait for the next reason to look. What takes
// long runs beside the loop and rings when it is done; the plan knows of it by memory.busy.

import { mkdir, rm } from 'node:fs/promises'
import { keyOf } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { Pod } from '../../api/types.gen.ts'
import { createProbeSet } from '../probes/probe-set.ts'
import { podDirectory } from '../volumes/volumes.ts'
import { timeText } from './container-status.ts'
import { createDoorbell } from './doorbell.ts'
import { podEnd } from './end.ts'
import { podEvents } from './events.ts'
import { killContainer } from './kill-container.ts'
import { createMemory, putOff, retryAtOnce, succeeded } from './memory.ts'
import type { NodeContext } from './node-context.ts'
import { isAlive, latest, type ObservedPod, type PodRuntime, readySandbox } from './observed.ts'
import { type KillContainer, type PodAction, planPod, type StartContainer } from './plan.ts'
import { createRuntimeReader } from './read-runtime.ts'
import { runSandbox, sandboxOf } from './run-sandbox.ts'
import { specContainer } from './spec.ts'
import { startContainer } from './start-container.ts'
import { podStatus } from './status.ts'
import { createStatusWriter } from './status-writer.ts'
import { createWaitEvents } from './wait-events.ts'

export interface PodWorker {
  /** The object as the API has it now; undefined: it is gone. */
  update(pod: Pod | undefined): void
  /** Something it depends on may have changed. */
  wake(): void
  /** An object it refers to has changed. */
  objectChanged(): void
  readonly pod: Pod
  /** Resolves when nothing of the Pod is left on the node, or the kubelet stops. */
  readonly ended: Promise<void>
}

export interface WorkerSettings {
  readonly context: NodeContext
  readonly signal: AbortSignal
}

/** After an error nobody foresaw, e.g. a runtime that does not answer. */
const retryMs = 1000

export function startPodWorker(first: Pod, { context, signal }: WorkerSettings): PodWorker {
  const { clock, runtime, volumes, client } = context
  const uid = first.metadata.uid ?? ''
  const log = context.log.with({ pod: `${first.metadata.namespace}/${first.metadata.name}` })
  const directory = podDirectory(context.folder, uid)
  const bell = createDoorbell(clock)
  const memory = createMemory()
  const reader = createRuntimeReader(runtime, context.node, directory)
  const writer = createStatusWriter(client, { clock, log, signal })
  const waitEvents = createWaitEvents()
  const probes = createProbeSet({ context, changed: bell.ring, signal })
  const kills = new Map<string, AbortController>()
  const shallEnd = new AbortController()
  const startTime = first.status?.startTime ?? timeText(clock.now().getTime())
  let pod = first
  let isGone = false
  let isForgotten = false

  const current = (): Pod => {
    const newest = isGone ? pod : writer.newest(pod)
    return { ...newest, status: { ...newest.status, startTime } }
  }
  const events = () => podEvents(context.recorder, pod)
  const nowMs = () => clock.now().getTime()

  async function look(): Promise<number | undefined> {
    const found = await reader.read(uid)
    const observed: ObservedPod = {
      pod: current(),
      isGone,
      runtime: found,
      memory,
      probes,
      nowMs: nowMs(),
    }
    if (podEnd(observed)) shallEnd.abort()
    const isEnding = shallEnd.signal.aborted
    probes.watch(observed, isEnding)
    const plan = planPod(observed)
    waitEvents.tell(observed, plan.waiting, events())
    if (!isGone) writer.want(writer.newest(pod), podStatus(observed, plan.waiting, context))
    for (const action of plan.actions) await act(action, found)
    return plan.lookAgainAtMs
  }

  /** Starts what takes long, and does what does not. */
  async function act(action: PodAction, found: PodRuntime): Promise<void> {
    switch (action.type) {
      case 'mountVolumes':
        return aside('volumes', mountVolumes)
      case 'createSandbox':
        return aside('sandbox', () => createSandbox(action.attempt))
      case 'stopSandbox':
        return stopSandbox(action.id, action.isReplaced)
      case 'startContainer':
        return start(action, found)
      case 'killContainer':
        return kill(action, found)
      case 'removeContainer':
        return runtime.removeContainer(action.id)
      case 'removeSandbox':
        return runtime.removePodSandbox(action.id)
      case 'finish':
        return aside('finish', () => finish(action.deletes))
      case 'forget':
        return forget()
    }
  }

  function aside(what: 'volumes' | 'sandbox' | 'finish', work: () => Promise<void>): void {
    memory.busy[what] = true
    run(work, () => {
      memory.busy[what] = false
    })
  }

  /** Work beside the loop: it rings when it is over, later when it went wrong. */
  function run(work: () => Promise<void>, over: () => void): void {
    work()
      .catch(async (error: unknown) => {
        if (signal.aborted) return
        log.warn('Pod work failed', { error })
        await clock.sleep(retryMs, signal).catch(() => {})
      })
      .finally(() => {
        over()
        bell.ring()
      })
  }

  async function mountVolumes(): Promise<void> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o750 })
      memory.volumesRefreshAtMs = Number.POSITIVE_INFINITY
      const mounted = await volumes.mount(current(), context.allocatable)
      memory.volumes = mounted.volumes
      const { refreshAtMs = Number.POSITIVE_INFINITY } = mounted
      memory.volumesRefreshAtMs = Math.min(memory.volumesRefreshAtMs, refreshAtMs)
      memory.volumesMounted = true
      succeeded(memory)
    } catch (error) {
      events().warn('FailedMount', error instanceof Error ? error.message : String(error))
      putOff(memory, nowMs())
      if (memory.volumesMounted) memory.volumesRefreshAtMs = memory.podRetryAtMs
    }
  }

  async function createSandbox(attempt: number): Promise<void> {
    try {
      await runSandbox(current(), attempt, context)
      succeeded(memory)
    } catch (error) {
      if (shallEnd.signal.aborted) return
      const text = error instanceof Error ? error.message : String(error)
      events().warn('FailedCreatePodSandBox', `Failed to create pod sandbox: ${text}`)
      putOff(memory, nowMs())
    }
  }

  function stopSandbox(id: string, isReplaced: boolean): void {
    if (memory.busy.stopping.has(id)) return
    memory.busy.stopping.add(id)
    memory.busy.sandbox = true
    if (isReplaced)
      events().note('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    run(
      () => runtime.stopPodSandbox(id),
      () => {
        memory.busy.stopping.delete(id)
        memory.busy.sandbox = false
      },
    )
  }

  function start(action: StartContainer, found: PodRuntime): void {
    const { name, backOff } = action
    const entry = specContainer(pod, name)
    const sandbox = readySandbox(found)
    if (!entry || !sandbox) return
    const target = entry.target ? latest(found, entry.target) : undefined
    memory.busy.starting.add(name)
    if (backOff) memory.backOffs.set(name, backOff)
    const work = async () => {
      const failure = await startContainer(
        {
          pod: current(),
          entry,
          action,
          sandbox: await sandboxOf(current(), sandbox.metadata.attempt, context),
          podIps: pod.spec.hostNetwork ? [context.address] : sandbox.ips,
          volumes: memory.volumes,
          events: events(),
          signal: shallEnd.signal,
          ...(target && isAlive(target) && { targetId: target.id }),
        },
        context,
      )
      if (failure) memory.failures.set(name, failure)
      else memory.failures.delete(name)
    }
    run(work, () => memory.busy.starting.delete(name))
  }

  function kill(action: KillContainer, found: PodRuntime): void {
    const { id } = action
    const before = kills.get(id)
    const mine = new AbortController()
    kills.set(id, mine)
    before?.abort()
    memory.busy.killing.set(id, nowMs() + action.graceSeconds * 1000)
    if (!before) events().note('Killing', action.message, action.name)
    const podIp = readySandbox(found)?.ips[0] ?? ''
    const work = { pod: current(), action, podIp, events: events(), signal: mine.signal }
    run(
      () => killContainer(work, context),
      () => {
        if (kills.get(id) !== mine) return
        kills.delete(id)
        memory.busy.killing.delete(id)
      },
    )
  }

  async function finish(deletes: boolean): Promise<void> {
    await writer.flushed()
    await volumes.release(uid)
    memory.volumesMounted = false
    memory.ended = 'released'
    if (!deletes || isGone) return
    try {
      await client.delete('Pod', keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    }
    memory.ended = 'deleted'
  }

  async function forget(): Promise<void> {
    await volumes.release(uid)
    await rm(directory, { recursive: true, force: true })
    const { logDirectory } = await sandboxOf(pod, 0, context)
    await rm(logDirectory, { recursive: true, force: true })
    isForgotten = true
  }

  async function live(): Promise<void> {
    while (!signal.aborted && !isForgotten) {
      let lookAgainAtMs: number | undefined
      try {
        lookAgainAtMs = await look()
      } catch (error) {
        log.error('Pod not looked after, trying again', { error })
        lookAgainAtMs = nowMs() + retryMs
      }
      if (!isForgotten) await bell.heard(lookAgainAtMs, signal)
    }
    probes.stop()
    await writer.flushed()
  }

  return {
    update(next) {
      if (next) pod = next
      else isGone = true
      bell.ring()
    },
    wake: bell.ring,
    objectChanged() {
      retryAtOnce(memory)
      bell.ring()
    },
    get pod() {
      return current()
    },
    ended: live(),
  }
}
