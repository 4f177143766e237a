// The end of a Pod: containers first (sidecars after the others, last started first), then the
// sandbox, then volumes and the object, at last what the runtime keeps. Pure.

import type { ContainerStatus } from '../../cri/cri.ts'
import { graceSeconds, type PodEnd } from './end.ts'
import { isAlive, type ObservedPod } from './observed.ts'
import type { KillContainer, PodAction, PodPlan } from './plan.ts'
import { specContainers } from './spec.ts'

export function planEnd(observed: ObservedPod, end: PodEnd): PodPlan {
  return { actions: nextStep(observed, end), waiting: new Map() }
}

function nextStep(observed: ObservedPod, end: PodEnd): readonly PodAction[] {
  const { runtime, memory } = observed
  const { busy } = memory
  const alive = runtime.containers.filter(isAlive)
  if (alive.length > 0) return kills(observed, alive, end)
  // What is being started would outlive us: its start sees the abort and reports back.
  if (busy.starting.size > 0 || busy.sandbox || busy.volumes || busy.killing.size > 0) return []
  const ready = runtime.sandboxes.filter(({ state }) => state === 'READY')
  if (ready.length > 0)
    return ready
      .filter(({ id }) => !busy.stopping.has(id))
      .map(({ id }) => ({ type: 'stopSandbox', id, isReplaced: false }))
  if (busy.finish) return []
  if (end === 'gone') return remains(observed)
  const deletes = end === 'deleted'
  const isDone = memory.ended === 'deleted' || (memory.ended === 'released' && !deletes)
  return isDone ? [] : [{ type: 'finish', deletes }]
}

function remains({ runtime }: ObservedPod): readonly PodAction[] {
  const { containers, sandboxes } = runtime
  return [
    ...containers.map(({ id }) => ({ type: 'removeContainer' as const, id })),
    ...sandboxes.map(({ id }) => ({ type: 'removeSandbox' as const, id })),
    { type: 'forget' },
  ]
}

function kills(
  observed: ObservedPod,
  alive: readonly ContainerStatus[],
  end: PodEnd,
): readonly KillContainer[] {
  const { pod, memory, nowMs } = observed
  const seconds = graceSeconds(pod, end)
  return firstToGo(observed, alive)
    .filter(({ id }) => isSooner(memory.busy.killing.get(id), nowMs + seconds * 1000))
    .map(({ id, metadata }) => ({
      type: 'killContainer',
      id,
      name: metadata.name,
      graceSeconds: seconds,
      message: `Stopping container ${metadata.name}`,
    }))
}

/** A kill under way is repeated only when it would end clearly sooner (--grace-period). */
function isSooner(knownMs: number | undefined, deadlineMs: number): boolean {
  return knownMs === undefined || deadlineMs < knownMs - 1000
}

function firstToGo(
  { pod }: ObservedPod,
  alive: readonly ContainerStatus[],
): readonly ContainerStatus[] {
  const sidecars = specContainers(pod)
    .filter(({ sort }) => sort === 'sidecar')
    .map(({ container }) => container.name)
  const others = alive.filter(({ metadata }) => !sidecars.includes(metadata.name))
  if (others.length > 0) return others
  const last = sidecars.findLast((name) => alive.some(({ metadata }) => metadata.name === name))
  return alive.filter(({ metadata }) => metadata.name === last)
}
