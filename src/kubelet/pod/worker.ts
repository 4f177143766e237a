// The life of one Pod on this node: look, plan, act, wait for the next reason to look. What takes
// long runs beside the loop and rings when it is done; the plan knows of it by memory.busy.

import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../../api/types.gen.ts'
import type { Log } from '../../lib/log.ts'
import { ProbeSet } from '../probes/probe-set.ts'
import { podDirectory } from '../volumes/volumes.ts'
import { carryOut, type PodActor } from './actions.ts'
import type { Rejection } from './admission.ts'
import { timeText } from './container-status.ts'
import { createDoorbell, type Doorbell } from './doorbell.ts'
import { isTerminal, podEnd } from './end.ts'
import { podEvents } from './events.ts'
import { createMemory, retryAtOnce, type WorkerMemory } from './memory.ts'
import type { NodeContext } from './node-context.ts'
import type { ObservedPod } from './observed.ts'
import { planPod } from './plan.ts'
import { createRuntimeReader, type RuntimeReader } from './read-runtime.ts'
import { podStatus } from './status.ts'
import { createStatusWriter, type StatusWriter } from './status-writer.ts'
import { createWaitEvents } from './wait-events.ts'

/** After an error nobody foresaw, e.g. a runtime that does not answer. */
const retryMs = 1000

export interface WorkerOptions {
  readonly signal: AbortSignal
  /** Why the node does not take it. */
  readonly rejected: Rejection | undefined
}

export class PodWorker implements PodActor {
  readonly context: NodeContext
  readonly memory: WorkerMemory = createMemory()
  readonly kills = new Map<string, AbortController>()
  readonly writer: StatusWriter
  readonly directory: string
  readonly log: Log
  isGone = false
  isForgotten = false
  /** Resolves when nothing of the Pod is left on the node, or the kubelet stops. */
  readonly ended: Promise<void>

  readonly #signal: AbortSignal
  readonly #rejected: Rejection | undefined
  readonly #end = new AbortController()
  readonly #bell: Doorbell
  readonly #reader: RuntimeReader
  readonly #probes: ProbeSet
  readonly #waitEvents = createWaitEvents()
  readonly #startTime: string
  #pod: Pod

  constructor(pod: Pod, context: NodeContext, { signal, rejected }: WorkerOptions) {
    const { clock, runtime, client, node, folder } = context
    const { namespace, name, uid = '' } = pod.metadata
    this.context = context
    this.log = context.log.with({ pod: `${namespace}/${name}` })
    this.directory = podDirectory(folder, uid)
    this.#pod = pod
    this.#signal = signal
    this.#rejected = rejected
    this.#startTime = pod.status?.startTime ?? timeText(clock.now().getTime())
    this.#bell = createDoorbell(clock)
    this.#reader = createRuntimeReader(runtime, node, this.directory)
    this.#probes = new ProbeSet({ context, changed: this.#bell.ring, signal })
    this.writer = createStatusWriter(client, { clock, log: this.log, signal })
    this.ended = this.#live()
  }

  /** The object with its newest status: of the watch, or of the last patch. */
  get pod(): Pod {
    const newest = this.isGone ? this.#pod : this.writer.newest(this.#pod)
    return { ...newest, status: { ...newest.status, startTime: this.#startTime } }
  }

  /** Aborts when the Pod shall end. */
  get shallEnd(): AbortSignal {
    return this.#end.signal
  }

  /** The object as the API has it now; undefined: it is gone. */
  update(next: Pod | undefined): void {
    if (next && showsOther(this.#pod, next)) this.memory.volumesRefreshAtMs = 0
    if (next) this.#pod = next
    else this.isGone = true
    this.wake()
  }

  /** Something it depends on may have changed. */
  wake(): void {
    this.#bell.ring()
  }

  /** An object it refers to has changed. */
  objectChanged(): void {
    retryAtOnce(this.memory)
    this.wake()
  }

  /** Work beside the loop: rings when it is over, later when it went wrong. */
  aside(work: () => Promise<void>, over: () => void): void {
    work()
      .catch(async (error: unknown) => {
        if (this.#signal.aborted) return
        this.log.warn('Pod work failed', { error })
        await this.context.clock.sleep(retryMs, this.#signal).catch(() => {})
      })
      .finally(() => {
        over()
        this.wake()
      })
  }

  async #live(): Promise<void> {
    // Not before the constructor is done.
    await Promise.resolve()
    while (!this.#signal.aborted && !this.isForgotten) {
      let lookAgainAtMs: number | undefined
      try {
        lookAgainAtMs = await this.#look()
      } catch (error) {
        this.log.error('Pod not looked after, trying again', { error })
        lookAgainAtMs = this.#nowMs() + retryMs
      }
      if (!this.isForgotten) await this.#bell.heard(lookAgainAtMs, this.#signal)
    }
    this.#probes.stop()
    await this.writer.flushed()
  }

  async #look(): Promise<number | undefined> {
    if (this.#rejected && !this.isGone && !isTerminal(this.pod)) return this.#reject()
    const observed = await this.#observe()
    const events = podEvents(this.context.recorder, observed.pod)
    if (podEnd(observed)) this.#end.abort()
    this.#probes.watch(observed, this.shallEnd.aborted)
    const { actions, waiting, lookAgainAtMs } = planPod(observed)
    this.#waitEvents.tell(observed, waiting, events)
    if (!this.isGone) {
      const status = podStatus(observed, waiting, this.context)
      this.writer.want(this.writer.newest(this.#pod), status)
    }
    for (const action of actions) await carryOut(action, this, observed)
    return lookAgainAtMs
  }

  /** Nothing is started; the Failed status alone makes the end. */
  #reject(): undefined {
    if (this.#rejected)
      this.writer.want(this.#pod, {
        phase: 'Failed',
        ...this.#rejected,
        startTime: this.#startTime,
      })
  }

  async #observe(): Promise<ObservedPod> {
    const { memory } = this
    const runtime = await this.#reader.read(this.#pod.metadata.uid ?? '')
    const { pod, isGone } = this
    return { pod, isGone, runtime, memory, probes: this.#probes, nowMs: this.#nowMs() }
  }

  #nowMs(): number {
    return this.context.clock.now().getTime()
  }
}

/** Whether volumes that show the Pod's own fields have something new to show. */
function showsOther({ metadata: before }: Pod, { metadata: after }: Pod): boolean {
  return (
    !isDeepStrictEqual(before.labels, after.labels) ||
    !isDeepStrictEqual(before.annotations, after.annotations)
  )
}
