// Ends one container: preStop hook, stop signal, SIGKILL when its time is over.

import type { Pod } from '../../api/types.gen.ts'
import { runHook } from '../containers/hooks.ts'
import type { PodEvents } from './events.ts'
import type { NodeContext } from './node-context.ts'
import type { KillContainer } from './plan.ts'
import { specContainer } from './spec.ts'

export interface KillInput {
  readonly pod: Pod
  readonly action: KillContainer
  readonly podIp: string
  readonly events: PodEvents
  /** Aborts when another kill with less time takes over. */
  readonly signal: AbortSignal
}

/** What a container is given after its hook used up the time. */
const leastSeconds = 2
const longestLeaveMs = 1000

export async function killContainer(input: KillInput, context: NodeContext): Promise<void> {
  const { action, signal } = input
  const { clock, runtime } = context
  const beganMs = clock.now().getTime()
  await Promise.all([preStop(input, context), leave(input, context)])
  if (signal.aborted) return
  const usedSeconds = Math.floor((clock.now().getTime() - beganMs) / 1000)
  const left = action.graceSeconds - usedSeconds
  const seconds = usedSeconds === 0 ? action.graceSeconds : Math.max(leastSeconds, left)
  await runtime.stopContainer(action.id, seconds)
}

/**
 * A server that stops accepting at its stop signal would refuse what Services still send to it:
 * they are given a moment to hear that the Pod ends.
 */
async function leave(
  { pod, action, podIp, signal }: KillInput,
  { left, clock }: NodeContext,
): Promise<void> {
  if (!pod.metadata.deletionTimestamp || !podIp || action.graceSeconds < 2) return
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  await Promise.race([left(podIp), clock.sleep(longestLeaveMs, either).catch(() => {})])
  stop.abort()
}

async function preStop(input: KillInput, context: NodeContext): Promise<void> {
  const { pod, action, podIp, events, signal } = input
  const { runtime, clock, dial, address } = context
  const container = specContainer(pod, action.name)?.container
  const handler = container?.lifecycle?.preStop
  if (!container || !handler) return
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const hook = runHook(handler, {
    runtime,
    containerId: action.id,
    container,
    podIp: podIp || address,
    dial,
    clock,
    signal: either,
  }).catch(() => {
    if (!either.aborted) events.warn('FailedPreStopHook', 'PreStopHook failed', action.name)
  })
  const tooLong = clock.sleep(action.graceSeconds * 1000, either).catch(() => {})
  await Promise.race([hook, tooLong])
  stop.abort()
}
