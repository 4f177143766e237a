// Carries out what the plan of a Pod asks for. What is quick is awaited; what takes long is
// noted in memory.busy and runs beside the worker's loop.

import { mkdir, rm } from 'node:fs/promises'
import { keyOf } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { Pod } from '../../api/types.gen.ts'
import { CriError } from '../../cri/cri.ts'
import { logDirectory } from '../containers/sandbox-config.ts'
import { type PodEvents, podEvents } from './events.ts'
import { killContainer } from './kill-container.ts'
import { putOff, succeeded, type WorkerMemory } from './memory.ts'
import type { NodeContext } from './node-context.ts'
import { isAlive, latest, type ObservedPod, readySandbox } from './observed.ts'
import type { KillContainer, PodAction, StartContainer } from './plan.ts'
import { runSandbox, sandboxOf } from './run-sandbox.ts'
import { specContainer } from './spec.ts'
import { startContainer } from './start-container.ts'
import type { StatusWriter } from './status-writer.ts'

/** The worker, as its actions know it. */
export interface PodActor {
  readonly context: NodeContext
  readonly pod: Pod
  readonly memory: WorkerMemory
  readonly writer: StatusWriter
  readonly directory: string
  /** By container id: aborting one lets another kill with less time take over. */
  readonly kills: Map<string, AbortController>
  readonly isGone: boolean
  isForgotten: boolean
  readonly shallEnd: AbortSignal
  aside(work: () => Promise<void>, over: () => void): void
}

export async function carryOut(
  action: PodAction,
  actor: PodActor,
  observed: ObservedPod,
): Promise<void> {
  const { runtime } = actor.context
  switch (action.type) {
    case 'mountVolumes':
      return busy(actor, 'volumes', () => mountVolumes(actor))
    case 'createSandbox':
      return busy(actor, 'sandbox', () => createSandbox(actor, action.attempt))
    case 'stopSandbox':
      return stopSandbox(actor, action)
    case 'startContainer':
      return start(actor, action, observed)
    case 'killContainer':
      return kill(actor, action, observed)
    case 'removeContainer':
      return runtime.removeContainer(action.id)
    case 'removeSandbox':
      return runtime.removePodSandbox(action.id)
    case 'finish':
      return busy(actor, 'finish', () => finish(actor, action.deletes))
    case 'forget':
      return forget(actor)
  }
}

function busy(
  actor: PodActor,
  what: 'volumes' | 'sandbox' | 'finish',
  work: () => Promise<void>,
): void {
  actor.memory.busy[what] = true
  actor.aside(work, () => {
    actor.memory.busy[what] = false
  })
}

async function mountVolumes({ context, pod, memory, directory }: PodActor): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 })
    // A change that comes while this runs sets it again.
    memory.volumesRefreshAtMs = Number.POSITIVE_INFINITY
    const mounted = await context.volumes.mount(pod, context.allocatable)
    const { volumes, refreshAtMs = Number.POSITIVE_INFINITY } = mounted
    memory.volumes = volumes
    memory.volumesRefreshAtMs = Math.min(memory.volumesRefreshAtMs, refreshAtMs)
    memory.volumesMounted = true
    succeeded(memory)
  } catch (error) {
    eventsOf({ context, pod }).warn('FailedMount', messageOf(error))
    putOff(memory, nowMs(context))
    if (memory.volumesMounted) memory.volumesRefreshAtMs = memory.podRetryAtMs
  }
}

async function createSandbox(actor: PodActor, attempt: number): Promise<void> {
  const { context, pod, memory, shallEnd } = actor
  try {
    await runSandbox(pod, attempt, context)
    succeeded(memory)
  } catch (error) {
    if (shallEnd.aborted) return
    const text = `Failed to create pod sandbox: ${rpcMessageOf(error)}`
    eventsOf(actor).warn('FailedCreatePodSandBox', text)
    putOff(memory, nowMs(context))
  }
}

function stopSandbox(
  actor: PodActor,
  { id, isReplaced }: Extract<PodAction, { type: 'stopSandbox' }>,
): void {
  const { context, memory } = actor
  if (memory.busy.stopping.has(id)) return
  memory.busy.stopping.add(id)
  memory.busy.sandbox = true
  if (isReplaced) {
    const text = 'Pod sandbox changed, it will be killed and re-created.'
    eventsOf(actor).note('SandboxChanged', text)
  }
  actor.aside(
    () => context.runtime.stopPodSandbox(id),
    () => {
      memory.busy.stopping.delete(id)
      memory.busy.sandbox = memory.busy.stopping.size > 0
    },
  )
}

function start(actor: PodActor, action: StartContainer, { runtime }: ObservedPod): void {
  const { context, pod, memory, shallEnd: signal } = actor
  const { name, backOff } = action
  const entry = specContainer(pod, name)
  const sandbox = readySandbox(runtime)
  if (!entry || !sandbox) return
  const target = entry.target ? latest(runtime, entry.target) : undefined
  memory.busy.starting.add(name)
  if (backOff) memory.backOffs.set(name, backOff)
  const input = {
    pod,
    entry,
    action,
    podIps: pod.spec.hostNetwork ? [context.address] : sandbox.ips,
    volumes: memory.volumes,
    events: eventsOf(actor),
    signal,
    ...(target && isAlive(target) && { targetId: target.id }),
  }
  const work = async () => {
    const config = await sandboxOf(pod, sandbox.metadata.attempt, context)
    const failure = await startContainer({ ...input, sandbox: config }, context)
    if (failure) memory.failures.set(name, failure)
    else memory.failures.delete(name)
  }
  actor.aside(work, () => memory.busy.starting.delete(name))
}

function kill(actor: PodActor, action: KillContainer, { runtime, nowMs }: ObservedPod): void {
  const { context, pod, memory, kills } = actor
  const { id } = action
  const before = kills.get(id)
  const mine = new AbortController()
  kills.set(id, mine)
  before?.abort()
  memory.busy.killing.set(id, nowMs + action.graceSeconds * 1000)
  const events = eventsOf(actor)
  if (!before) events.note('Killing', action.message, action.name)
  const podIp = readySandbox(runtime)?.ips[0] ?? ''
  const input = { pod, action, podIp, events, signal: mine.signal }
  actor.aside(
    () => killContainer(input, context),
    () => {
      if (kills.get(id) !== mine) return
      kills.delete(id)
      memory.busy.killing.delete(id)
    },
  )
}

async function finish(actor: PodActor, deletes: boolean): Promise<void> {
  const { context, pod, memory, writer } = actor
  const { uid = '' } = pod.metadata
  await writer.flushed()
  await context.volumes.release(uid)
  memory.volumesMounted = false
  memory.ended = 'released'
  if (!deletes || actor.isGone) return
  try {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } }
    await context.client.delete('Pod', keyOf(pod), options)
  } catch (error) {
    if (!isReason(error, 'NotFound', 'Conflict')) throw error
  }
  memory.ended = 'deleted'
}

async function forget(actor: PodActor): Promise<void> {
  const { context, pod, directory } = actor
  await context.volumes.release(pod.metadata.uid ?? '')
  await rm(directory, { recursive: true, force: true })
  await rm(logDirectory(pod, context.logRoot), { recursive: true, force: true })
  actor.isForgotten = true
}

function eventsOf({ context, pod }: Pick<PodActor, 'context' | 'pod'>): PodEvents {
  return podEvents(context.recorder, pod)
}

function nowMs({ clock }: NodeContext): number {
  return clock.now().getTime()
}

/** An error of the runtime as gRPC's clients write it. */
function rpcMessageOf(error: unknown): string {
  const message = messageOf(error)
  return error instanceof CriError ? `rpc error: code = ${error.code} desc = ${message}` : message
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
