// The probes of one Pod: loops for its running containers, and their verdicts for plan and status.

import type { Container, Probe } from '../../api/types.gen.ts'
import type { ContainerStatus } from '../../cri/cri.ts'
import { type PodEvents, podEvents } from '../pod/events.ts'
import type { NodeContext } from '../pod/node-context.ts'
import {
  type FailedProbe,
  type ObservedPod,
  type ProbeVerdicts,
  readySandbox,
} from '../pod/observed.ts'
import { specContainer } from '../pod/spec.ts'
import type { ProbeResult, ProbeState } from './outcome.ts'
import { runProbeLoop } from './probe-loop.ts'
import { runProbe } from './run-probe.ts'

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

export class ProbeSet implements ProbeVerdicts {
  readonly #settings: ProbeSetSettings
  /** By container id. */
  readonly #watched = new Map<string, Watched>()

  constructor(settings: ProbeSetSettings) {
    this.#settings = settings
  }

  /** Starts loops for containers that run and ends those of others. Safe to repeat. */
  watch(observed: ObservedPod, isEnding: boolean): void {
    const { runtime, memory } = observed
    const running = runtime.containers.filter(
      ({ state, metadata }) => state === 'RUNNING' && !memory.busy.starting.has(metadata.name),
    )
    const alive = new Set(running.map(({ id }) => id))
    for (const id of this.#watched.keys()) if (!alive.has(id)) this.#forget(id)
    for (const status of running) {
      const entry = this.#entryOf(observed, status)
      // What is ending is not restarted for being ill, but others want to know if it serves.
      if (isEnding) endLoops(entry, ['startup', 'liveness'])
      else if (entry) for (const kind of kinds) this.#begin(observed, status, { entry, kind })
    }
  }

  stop(): void {
    for (const id of [...this.#watched.keys()]) this.#forget(id)
  }

  started(id: string): boolean {
    return !this.#has(id, 'startup') || this.#verdict(id, 'startup') === true
  }

  ready(id: string): boolean {
    return !this.#has(id, 'readiness') || this.#verdict(id, 'readiness') === true
  }

  failed(id: string): FailedProbe | undefined {
    const failing = ['startup', 'liveness'] as const
    const probe = failing.find((kind) => this.#verdict(id, kind) === false)
    if (!probe) return undefined
    const found = probeOf(this.#watched.get(id)?.container, probe)
    const seconds = found?.terminationGracePeriodSeconds
    return { probe, ...(seconds !== undefined && { graceSeconds: seconds }) }
  }

  #verdict(id: string, kind: ProbeKind): boolean | undefined {
    return this.#watched.get(id)?.verdicts.get(kind)
  }

  #has(id: string, kind: ProbeKind): boolean {
    return probeOf(this.#watched.get(id)?.container, kind) !== undefined
  }

  #forget(id: string): void {
    endLoops(this.#watched.get(id), kinds)
    this.#watched.delete(id)
  }

  #entryOf({ pod }: ObservedPod, { id, metadata }: ContainerStatus): Watched | undefined {
    const known = this.#watched.get(id)
    const container = specContainer(pod, metadata.name)?.container
    if (known || !container) return known
    const entry: Watched = { container, verdicts: new Map(), stops: new Map() }
    this.#watched.set(id, entry)
    return entry
  }

  #begin(
    observed: ObservedPod,
    { id, startedAtMs }: ContainerStatus,
    { entry, kind }: { readonly entry: Watched; readonly kind: ProbeKind },
  ): void {
    const { container, stops } = entry
    const probe = probeOf(container, kind)
    if (!probe || stops.has(kind)) return
    const { context, signal } = this.#settings
    const { runtime, dial, clock } = context
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const target = {
      container,
      containerId: id,
      podIp: addressOf(observed, context),
      runtime,
      dial,
    }
    const events = podEvents(context.recorder, observed.pod)
    stops.set(kind, stop)
    const loop = {
      probe,
      clock,
      startedAtMs,
      ask: () => runProbe(probe, target, either),
      mayAsk: () => kind === 'startup' || this.started(id),
      isOver: (state: ProbeState) => isOver(kind, state),
      told: (result: ProbeResult, state: ProbeState) => {
        tell(events, `${words[kind]} probe`, { container, result })
        this.#judge(entry, kind, state)
      },
    }
    void runProbeLoop(loop, either)
  }

  #judge({ verdicts }: Watched, kind: ProbeKind, { verdict }: ProbeState): void {
    if (verdict === undefined || verdicts.get(kind) === verdict) return
    verdicts.set(kind, verdict)
    this.#settings.changed()
  }
}

function endLoops(entry: Watched | undefined, of: readonly ProbeKind[]): void {
  for (const kind of of) entry?.stops.get(kind)?.abort()
}

function addressOf({ pod, runtime }: ObservedPod, { address }: NodeContext): string {
  return pod.spec.hostNetwork ? address : (readySandbox(runtime)?.ips[0] ?? '')
}

function tell(
  events: PodEvents,
  what: string,
  { container, result }: { readonly container: Container; readonly result: ProbeResult },
): void {
  const { isSuccess, output, warning } = result
  if (!isSuccess) events.warn('Unhealthy', `${what} failed: ${output}`, container.name)
  if (warning) events.warn('ProbeWarning', `${what} warning: ${warning}`, container.name)
}

/** A startup probe ends with its first verdict; a failed liveness probe waits for the restart. */
function isOver(kind: ProbeKind, { verdict }: ProbeState): boolean {
  if (kind === 'startup') return verdict !== undefined
  return kind === 'liveness' && verdict === false
}

function probeOf(container: Container | undefined, kind: ProbeKind): Probe | undefined {
  return container?.[`${kind}Probe`]
}
