// The probes of one Pod: loops for its running containers, and their verdicts for plan and status.

import type { Container, Probe } from '../../api/types.gen.ts'
import type { ContainerStatus } from '../../cri/cri.ts'
import { podEvents } from '../pod/events.ts'
import type { NodeContext } from '../pod/node-context.ts'
import {
  type FailedProbe,
  type ObservedPod,
  type ProbeVerdicts,
  readySandbox,
} from '../pod/observed.ts'
import { specContainers } from '../pod/spec.ts'
import type { ProbeResult, ProbeState } from './outcome.ts'
import { runProbeLoop } from './probe-loop.ts'
import { runProbe } from './run-probe.ts'

export interface ProbeSet extends ProbeVerdicts {
  /** Starts loops for containers that run and ends those of others. Safe to repeat. */
  watch(observed: ObservedPod, isEnding: boolean): void
  stop(): void
}

export interface ProbeSetSettings {
  readonly context: NodeContext
  /** Called when a verdict changed. */
  changed(): void
  readonly signal: AbortSignal
}

type ProbeKind = 'startup' | 'liveness' | 'readiness'
const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']
const words = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const

interface Watched {
  readonly container: Container
  readonly verdicts: Map<ProbeKind, boolean>
  readonly stops: Map<ProbeKind, AbortController>
}

export function createProbeSet({ context, changed, signal }: ProbeSetSettings): ProbeSet {
  const watched = new Map<string, Watched>()
  const verdict = (id: string, kind: ProbeKind) => watched.get(id)?.verdicts.get(kind)
  const has = (id: string, kind: ProbeKind) =>
    probeOf(watched.get(id)?.container, kind) !== undefined
  const isStarted = (id: string) => !has(id, 'startup') || verdict(id, 'startup') === true

  function begin(observed: ObservedPod, status: ContainerStatus, entry: Watched, kind: ProbeKind) {
    const { container, verdicts } = entry
    const probe = probeOf(container, kind)
    if (!probe || entry.stops.has(kind)) return
    const { runtime, dial, clock, address, recorder } = context
    const events = podEvents(recorder, observed.pod)
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const podIp = observed.pod.spec.hostNetwork
      ? address
      : (readySandbox(observed.runtime)?.ips[0] ?? '')
    const target = { container, containerId: status.id, podIp, runtime, dial }
    entry.stops.set(kind, stop)
    const loop = {
      probe,
      clock,
      startedAtMs: status.startedAtMs,
      ask: () => runProbe(probe, target, either),
      mayAsk: () => kind === 'startup' || isStarted(status.id),
      isOver: (state: ProbeState) => isOver(kind, state),
      told(result: ProbeResult, state: ProbeState) {
        const { isSuccess, output, warning } = result
        if (!isSuccess)
          events.warn('Unhealthy', `${words[kind]} probe failed: ${output}`, container.name)
        if (warning)
          events.warn('ProbeWarning', `${words[kind]} probe warning: ${warning}`, container.name)
        if (state.verdict === undefined || verdicts.get(kind) === state.verdict) return
        verdicts.set(kind, state.verdict)
        changed()
      },
    }
    void runProbeLoop(loop, either)
  }

  function end(id: string, only: readonly ProbeKind[] = kinds): void {
    const entry = watched.get(id)
    for (const kind of only) entry?.stops.get(kind)?.abort()
    if (only === kinds) watched.delete(id)
  }

  return {
    watch(observed, isEnding) {
      const { runtime, memory, pod } = observed
      const running = runtime.containers.filter(
        ({ state, metadata }) => state === 'RUNNING' && !memory.busy.starting.has(metadata.name),
      )
      const alive = new Set(running.map(({ id }) => id))
      for (const id of watched.keys()) if (!alive.has(id)) end(id)
      for (const status of running) {
        const entry = specContainers(pod).find(
          ({ container }) => container.name === status.metadata.name,
        )
        if (!entry) continue
        const { container } = entry
        const known = watched.get(status.id) ?? { container, verdicts: new Map(), stops: new Map() }
        watched.set(status.id, known)
        // What is ending is not restarted for being ill, but others want to know if it serves.
        if (isEnding) end(status.id, ['startup', 'liveness'])
        else for (const kind of kinds) begin(observed, status, known, kind)
      }
    },
    stop() {
      for (const id of [...watched.keys()]) end(id)
    },
    started: isStarted,
    ready: (id) => !has(id, 'readiness') || verdict(id, 'readiness') === true,
    failed(id): FailedProbe | undefined {
      const probe = (['startup', 'liveness'] as const).find((kind) => verdict(id, kind) === false)
      if (!probe) return undefined
      const seconds = probeOf(watched.get(id)?.container, probe)?.terminationGracePeriodSeconds
      return { probe, ...(seconds !== undefined && { graceSeconds: seconds }) }
    },
  }
}

/** A startup probe ends with its first verdict; a failed liveness probe waits for the restart. */
function isOver(kind: ProbeKind, { verdict }: ProbeState): boolean {
  if (kind === 'startup') return verdict !== undefined
  return kind === 'liveness' && verdict === false
}

function probeOf(container: Container | undefined, kind: ProbeKind): Probe | undefined {
  return container?.[`${kind}Probe`]
}
