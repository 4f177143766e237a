// Priority and fairness: every request belongs to a flow of a priority level; a level's seats go
// around, what finds none waits in fair queues or is refused. In: FlowSchemas and
// PriorityLevelConfigurations as they change. Out: a filter's worth of starting and finishing.

import { StatusError } from '../../api/status-error.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Change } from '../reader.ts'
import type { RequestInfo, UserInfo } from '../request.ts'
import type { Waiting } from './fair-queues.ts'
import { FlowCounts } from './flow-counts.ts'
import { type CompiledSchema, compareSchemas, compileSchema } from './flow-schema.ts'
import { levelSettings, PriorityLevel } from './priority-level.ts'
import { SeatPool, shareSeats } from './seat-pool.ts'

/** A schema whose level exists, with what its answers say. */
export interface Flow {
  readonly schema: CompiledSchema
  readonly level: PriorityLevel
  readonly headers: Readonly<Record<string, string>>
  readonly counts: FlowCounts
}

export interface FlowControlOptions {
  /** Seats of the whole server. */
  readonly seats: number
  /** How long a request may wait for a seat. */
  readonly longestWaitMs: number
  readonly clock: Clock
}

export class FlowControl {
  readonly #options: FlowControlOptions
  readonly #schemas = new Map<string, CompiledSchema>()
  readonly #levels = new Map<string, PriorityLevel>()
  readonly #counts = new Map<string, FlowCounts>()
  readonly #pool = new SeatPool()
  #flows: readonly Flow[] = []
  /** Levels that are waited for. */
  readonly #waitedFor = new Set<PriorityLevel>()

  constructor(options: FlowControlOptions) {
    this.#options = options
  }

  changeSchema({ previous, current }: Change<FlowSchema>): void {
    const name = (current ?? previous)?.metadata.name ?? ''
    if (current) this.#schemas.set(name, compileSchema(current))
    else this.#schemas.delete(name)
    this.#settle()
  }

  changeLevel({ previous, current }: Change<PriorityLevelConfiguration>): void {
    const name = (current ?? previous)?.metadata.name ?? ''
    const level = this.#levels.get(name)
    if (!current) {
      if (level) this.#pool.setLimits(level, outOfPool)
      this.#levels.delete(name)
    } else if (level) {
      level.change(current.metadata.uid ?? '', levelSettings(current))
    } else {
      const made = new PriorityLevel(name, current.metadata.uid ?? '', levelSettings(current))
      this.#levels.set(name, made)
      this.#pool.add(made)
    }
    this.#settle()
  }

  /** Of the whole server. */
  get seats(): number {
    return this.#options.seats
  }

  hasLevel(name: string): boolean {
    return this.#levels.has(name)
  }

  levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()]
  }

  flows(): readonly Flow[] {
    return this.#flows
  }

  limitOf(level: PriorityLevel): number {
    return this.#pool.limitOf(level)
  }

  /** Undefined only while nothing is known yet: the catch-all schema matches every request. */
  flowOf(user: UserInfo, info: RequestInfo): Flow | undefined {
    for (const flow of this.#flows) if (flow.schema.matches(user, info)) return flow
    return undefined
  }

  /** True: it has its seats, which `finish` gives back. */
  tryStart({ level, counts }: Flow, seats: number): boolean {
    const mayStart =
      level.settings.isExempt || (!level.isWaitedFor && this.#pool.take(level, seats))
    if (!mayStart) return false
    counts.start(seats)
    return true
  }

  finish({ level, counts }: Flow, seats: number, ms: number): void {
    counts.finish(seats, ms)
    if (level.settings.isExempt) return
    this.#pool.give(level, seats)
    if (this.#waitedFor.size > 0) this.#startWaiting()
  }

  /** Resolves with seats taken; throws TooManyRequests. What it returns is told how long it took. */
  async wait(
    flow: Flow,
    seats: number,
    { text, signal }: { readonly text: string; readonly signal: AbortSignal },
  ): Promise<(ms: number) => void> {
    const { level, counts } = flow
    const { queues } = level
    if (!queues) {
      counts.refuse('concurrency-limit')
      throw tooMany()
    }
    const { promise, resolve, reject } = Promise.withResolvers<(ms: number) => void>()
    let isStarted = false
    const waiting: Waiting = {
      seats,
      start(charge) {
        isStarted = true
        resolve(charge)
      },
    }
    if (!queues.add(`${flow.schema.name},${text}`, waiting)) {
      counts.refuse('queue-full')
      throw tooMany()
    }
    this.#waitedFor.add(level)
    const sinceMs = this.#nowMs()
    counts.queue(seats)
    const stop = (reason: 'time-out' | 'cancelled') => {
      if (isStarted) return
      level.drop(waiting)
      counts.refuse(reason)
      reject(tooMany())
    }
    const done = new AbortController()
    const cancelled = () => stop('cancelled')
    signal.addEventListener('abort', cancelled, { once: true })
    const late = this.#options.clock.sleep(this.#options.longestWaitMs, done.signal)
    late.then(
      () => stop('time-out'),
      () => {},
    )
    try {
      const charge = await promise
      counts.start(seats)
      return charge
    } finally {
      done.abort()
      signal.removeEventListener('abort', cancelled)
      counts.unqueue(seats, (this.#nowMs() - sinceMs) / 1000, isStarted)
    }
  }

  #nowMs(): number {
    return this.#options.clock.now().getTime()
  }

  #startWaiting(): void {
    for (const level of this.#waitedFor) {
      level.startNext(({ seats }) => this.#pool.take(level, seats))
      if (!level.isWaitedFor) this.#waitedFor.delete(level)
    }
  }

  #settle(): void {
    const levels = this.levels()
    const limits = shareSeats(
      this.#options.seats,
      levels.map(({ settings }) => settings),
    )
    for (const [index, level] of levels.entries()) {
      const limit = limits[index]
      if (limit) this.#pool.setLimits(level, limit)
    }
    this.#flows = [...this.#schemas.values()].toSorted(compareSchemas).flatMap((schema) => {
      const level = this.#levels.get(schema.levelName)
      return level ? [this.#flow(schema, level)] : []
    })
    this.#startWaiting()
  }

  #flow(schema: CompiledSchema, level: PriorityLevel): Flow {
    const key = `${schema.name} ${level.name}`
    const counts = this.#counts.get(key) ?? new FlowCounts()
    this.#counts.set(key, counts)
    const headers = {
      'x-kubernetes-pf-flowschema-uid': schema.uid,
      'x-kubernetes-pf-prioritylevel-uid': level.uid,
    }
    return { schema, level, headers, counts }
  }
}

/** Of a level that is gone: its last requests take from nobody. */
const outOfPool = { nominal: Infinity, lendable: 0, most: Infinity }

function tooMany(): StatusError {
  return new StatusError('TooManyRequests', 'Too many requests, please try again later.', {
    retryAfterSeconds: 1,
  })
}
