// The kubelet's own conditions of a Pod, in upstream's reasons and messages. Pure.

import type { ContainerStatus, Pod, PodCondition } from '../../api/types.gen.ts'
import type { Phase, Statuses } from './phase.ts'
import { isSidecar } from './spec.ts'

export interface ConditionInput extends Statuses {
  readonly pod: Pod
  readonly phase: Phase
  readonly hasSandbox: boolean
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

/** Without times: the writer adds them where a status changed. */
export function podConditions(input: ConditionInput): readonly PodCondition[] {
  const { generation } = input.pod.metadata
  const ready = containersReady(input)
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: input.hasSandbox ? 'True' : 'False' }],
    ['Initialized', initialized(input)],
    ['Ready', ready.status === 'True' ? readinessGates(input.pod) : ready],
    ['ContainersReady', ready],
    ['PodScheduled', { status: 'True' }],
  ]
  return verdicts.map(([type, verdict]) => ({
    type,
    ...verdict,
    ...(generation !== undefined && { observedGeneration: generation }),
  }))
}

function initialized({ pod, phase, init, regular }: ConditionInput): Verdict {
  const containers = pod.spec.initContainers ?? []
  const statusOf = (name: string) => init.find((status) => status.name === name)
  const incomplete = containers
    .filter((container) => {
      const status = statusOf(container.name)
      return isSidecar(container) ? !status?.started : !status?.ready
    })
    .map(({ name }) => name)
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (incomplete.length === 0 || regular.some(hasStarted)) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  }
}

function hasStarted({ state, lastState }: ContainerStatus): boolean {
  return Boolean(state?.running ?? state?.terminated ?? lastState?.terminated)
}

function containersReady({ pod, phase, init, regular }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar)
  const unready = [...sidecars, ...pod.spec.containers]
    .map(({ name }) => name)
    .filter((name) => ![...init, ...regular].find((status) => status.name === name)?.ready)
  if (unready.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

function readinessGates({ spec, status }: Pod): Verdict {
  const messages = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status?.conditions?.find(({ type }) => type === conditionType)
    if (!condition)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return condition.status === 'True'
      ? []
      : [
          `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`,
        ]
  })
  if (messages.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}
