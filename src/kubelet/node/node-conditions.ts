// The conditions of a Node, upstream's reasons and messages. In: the runtime's conditions and how
// full the machine is. Out: conditions with times kept where nothing changed. Pure.

import type { NodeCondition } from '../../api/types.gen.ts'
import type { RuntimeCondition } from '../../cri/cri.ts'
import type { MachineUse } from './machine.ts'

/** Below these the node is under pressure; memory's is upstream's default threshold. */
const leastMemoryBytes = 100 * 2 ** 20
const leastDiskBytes = 100 * 2 ** 20

type Verdict = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>

export function nodeConditions(
  runtime: readonly RuntimeCondition[],
  use: MachineUse,
): readonly Verdict[] {
  return [
    pressure('MemoryPressure', use.memoryAvailableBytes < leastMemoryBytes, {
      ok: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      bad: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    }),
    pressure('DiskPressure', use.diskAvailableBytes < leastDiskBytes, {
      ok: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      bad: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    }),
    pressure('PIDPressure', false, {
      ok: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      bad: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    }),
    ready(runtime),
    ...runtime
      .filter(({ type }) => type !== 'RuntimeReady' && type !== 'NetworkReady')
      .map(({ type, status, reason, message }) => ({
        type,
        status: status ? 'True' : 'False',
        reason,
        message,
      })),
  ]
}

type Words = readonly [reason: string, message: string]

function pressure(
  type: string,
  isHigh: boolean,
  { ok, bad }: { readonly ok: Words; readonly bad: Words },
): Verdict {
  const [reason, message] = isHigh ? bad : ok
  return { type, status: isHigh ? 'True' : 'False', reason, message }
}

function ready(runtime: readonly RuntimeCondition[]): Verdict {
  const problems = [
    ...problem(runtime, 'RuntimeReady', 'container runtime not ready'),
    ...problem(runtime, 'NetworkReady', 'container runtime network not ready'),
  ]
  return problems.length === 0
    ? {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
      }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`,
      }
}

function problem(
  runtime: readonly RuntimeCondition[],
  type: string,
  what: string,
): readonly string[] {
  const condition = runtime.find((condition) => condition.type === type)
  if (condition?.status) return []
  const { reason = '', message = 'no answer' } = condition ?? {}
  return [`${what}: ${type}=false reason:${reason} message:${message}`]
}

export function withTimes(
  verdicts: readonly Verdict[],
  before: readonly NodeCondition[],
  now: string,
): readonly NodeCondition[] {
  return verdicts.map((verdict) => {
    const known = before.find(({ type }) => type === verdict.type)
    const isSame = known?.status === verdict.status && known?.lastTransitionTime
    return {
      ...verdict,
      lastHeartbeatTime: now,
      lastTransitionTime: isSame ? known.lastTransitionTime : now,
    }
  })
}

/** The events upstream writes when a condition changes; `before` undefined: the first look. */
export function conditionEvents(
  node: string,
  before: readonly NodeCondition[] | undefined,
  after: readonly NodeCondition[],
): readonly { readonly reason: string; readonly message: string }[] {
  return after.flatMap(({ type, status }) => {
    const reason = eventReasons[`${type}=${status}`]
    const known = before?.find((condition) => condition.type === type)
    if (!reason || known?.status === status) return []
    return [{ reason, message: `Node ${node} status is now: ${reason}` }]
  })
}

const eventReasons: Readonly<Record<string, string>> = {
  'MemoryPressure=False': 'NodeHasSufficientMemory',
  'MemoryPressure=True': 'NodeHasInsufficientMemory',
  'DiskPressure=False': 'NodeHasNoDiskPressure',
  'DiskPressure=True': 'NodeHasDiskPressure',
  'PIDPressure=False': 'NodeHasSufficientPID',
  'PIDPressure=True': 'NodeHasInsufficientPID',
  'Ready=True': 'NodeReady',
  'Ready=False': 'NodeNotReady',
}
