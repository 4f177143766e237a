// The phase of a Pod from the statuses of its containers. Pure; upstream's rules.

import type { ContainerStatus, Pod } from '../../api/types.gen.ts'
import { isSidecar } from './spec.ts'

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export interface Statuses {
  readonly init: readonly ContainerStatus[]
  readonly regular: readonly ContainerStatus[]
}

/** `isEnding`: nothing is started again, so what has stopped has stopped for good. */
export function podPhase(pod: Pod, { init, regular }: Statuses, isEnding: boolean): Phase {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const inits = initState(pod, init)
  const stateOf = (name: string) => regularState(regular.find((status) => status.name === name))
  const states = pod.spec.containers.map(({ name }) => stateOf(name))
  const has = (state: RegularState) => states.includes(state)
  const hasStarted = has('running') || has('succeeded') || has('failed')
  if (inits === 'failed' && (policy === 'Never' || isEnding)) return 'Failed'
  if (inits !== 'done' && !hasStarted) return 'Pending'
  if (has('waiting')) return isEnding && !has('running') ? ended(states, inits) : 'Pending'
  if (has('running')) return has('unknown') ? 'Pending' : 'Running'
  if (has('unknown')) return 'Pending'
  if (isEnding) return ended(states, inits)
  if (policy === 'Always') return 'Running'
  if (!has('failed')) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

type RegularState = 'unknown' | 'waiting' | 'running' | 'succeeded' | 'failed'

function regularState(status: ContainerStatus | undefined): RegularState {
  const { running, terminated, waiting } = status?.state ?? {}
  if (running) return 'running'
  const end = terminated ?? (waiting && status?.lastState?.terminated)
  if (end) return end.exitCode === 0 ? 'succeeded' : 'failed'
  return waiting ? 'waiting' : 'unknown'
}

function ended(states: readonly RegularState[], inits: InitState): Phase {
  const hasSucceeded = inits === 'done' && states.every((state) => state === 'succeeded')
  return hasSucceeded ? 'Succeeded' : 'Failed'
}

type InitState = 'done' | 'pending' | 'failed'

function initState(pod: Pod, statuses: readonly ContainerStatus[]): InitState {
  const each = (pod.spec.initContainers ?? []).map((container) => {
    const status = statuses.find(({ name }) => name === container.name)
    if (isSidecar(container)) return status?.started ? 'done' : 'pending'
    const { terminated, waiting } = status?.state ?? {}
    const end = terminated ?? (waiting && status?.lastState?.terminated)
    if (!end) return 'pending'
    return end.exitCode === 0 ? 'done' : 'failed'
  })
  if (each.includes('failed')) return 'failed'
  return each.every((state) => state === 'done') ? 'done' : 'pending'
}
