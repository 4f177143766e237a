// The status of a Pod. In: what was observed, and why containers wait. Out: PodStatus as the
// kubelet would have it, conditions without times. Pure.

import type { PodStatus } from '../../api/types.gen.ts'
import { podConditions } from './conditions.ts'
import { containerStatus, knownStatus, type StatusContext, timeText } from './container-status.ts'
import { deadlineExceeded, podEnd } from './end.ts'
import { isAlive, latest, type ObservedPod, readySandbox } from './observed.ts'
import { type Phase, podPhase, type Statuses } from './phase.ts'
import type { Waiting } from './plan.ts'
import { qosClass } from './qos.ts'
import { type SpecContainer, specContainers } from './spec.ts'

export interface StatusNode {
  readonly address: string
  readonly runtimeName: string
}

export function podStatus(
  observed: ObservedPod,
  waiting: ReadonlyMap<string, Waiting>,
  node: StatusNode,
): PodStatus {
  const { pod, nowMs } = observed
  const statuses = allStatuses(observed, waiting, node)
  const phase = phaseOf(observed, statuses)
  const { ephemeral, init, regular } = statuses
  const hasSandbox = readySandbox(observed.runtime) !== undefined
  const { generation } = pod.metadata
  return {
    phase,
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: podConditions({ pod, phase, hasSandbox, init, regular }),
    ...why(observed, phase),
    hostIP: node.address,
    hostIPs: [{ ip: node.address }],
    ...addresses(observed, node),
    startTime: pod.status?.startTime ?? timeText(nowMs),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    ...(pod.spec.resources && { resources: pod.spec.resources }),
  }
}

interface AllStatuses extends Statuses {
  readonly ephemeral: Statuses['regular']
}

function allStatuses(
  observed: ObservedPod,
  waiting: ReadonlyMap<string, Waiting>,
  { runtimeName }: StatusNode,
): AllStatuses {
  const { pod, runtime } = observed
  const hasInit = (pod.spec.initContainers ?? []).length > 0
  const hasBegun = pod.spec.containers.some(({ name }) => latest(runtime, name))
  const defaultWaiting = hasInit && !hasBegun ? 'PodInitializing' : 'ContainerCreating'
  const context: StatusContext = { observed, waiting, runtimeName, defaultWaiting }
  const of = (...sorts: readonly SpecContainer['sort'][]) =>
    specContainers(pod)
      .filter(({ sort }) => sorts.includes(sort))
      .map((entry) =>
        isForgotten(observed, entry)
          ? (knownStatus(pod, entry.container.name) ?? containerStatus(entry, context))
          : containerStatus(entry, context),
      )
  return {
    init: of('init', 'sidecar'),
    regular: of('regular').toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ephemeral: of('ephemeral').toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** A container that ended and that the runtime no longer has keeps the status it had. */
function isForgotten({ pod, runtime }: ObservedPod, { container }: SpecContainer): boolean {
  if (latest(runtime, container.name)) return false
  return knownStatus(pod, container.name)?.state?.terminated !== undefined
}

/** A Pod that ended does not begin again; one that shall end has ended when nothing runs. */
function phaseOf(observed: ObservedPod, statuses: Statuses): Phase {
  const { pod, runtime, memory } = observed
  const before = pod.status?.phase
  const isAny = runtime.containers.some(isAlive) || memory.busy.starting.size > 0
  if (before === 'Failed' || before === 'Succeeded') return before
  const end = podEnd(observed)
  const phase = podPhase(pod, statuses, end !== undefined && !isAny)
  if (end === 'deadline' && !isAny) return 'Failed'
  const hasEnded = phase === 'Failed' || phase === 'Succeeded'
  return hasEnded && isAny ? 'Running' : phase
}

/** Reason and message: what an eviction wrote stays. */
function why(
  observed: ObservedPod,
  phase: Phase,
): { readonly reason?: string; readonly message?: string } {
  const { reason, message } = observed.pod.status ?? {}
  if (podEnd(observed) === 'deadline' && phase === 'Failed') return deadlineExceeded
  return { ...(reason && { reason }), ...(message && { message }) }
}

function addresses(
  { pod, runtime }: ObservedPod,
  { address }: StatusNode,
): Pick<PodStatus, 'podIP' | 'podIPs'> {
  const sandboxIps = readySandbox(runtime)?.ips ?? []
  const known = pod.status?.podIPs?.map(({ ip }) => ip) ?? []
  const fresh = pod.spec.hostNetwork ? (readySandbox(runtime) ? [address] : []) : sandboxIps
  const ips = fresh.length > 0 ? fresh : known
  const [first] = ips
  return first ? { podIP: first, podIPs: ips.map((ip) => ({ ip })) } : {}
}
