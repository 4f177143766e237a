// NodePorts and health check ports: one range for all protocols and for every API server, kept in
// one record of the store. In: plans over the ports as they are. Out: what the plans make of them,
// once the record says so. Plans that wait are settled together, with one write.

import type { Random } from '../../lib/random.ts'
import { reservedShare } from '../../lib/reserved-share.ts'
import type { Entry, Store } from '../../store/store.ts'
import { decodePorts, encodePorts, type PortRange } from './port-record.ts'

/** As kube-apiserver names it. */
export const portsKey = '/registry/ranges/servicenodeports'

export type Taken = 'taken' | 'already allocated' | 'not in range'

/** The ports as one plan sees and changes them. */
export interface Ports {
  readonly range: PortRange
  readonly taken: ReadonlySet<number>
  has(port: number): boolean
  take(port: number): Taken
  takeNext(): number | undefined
  release(port: number): void
}

export interface PortLedger {
  readonly range: PortRange
  /**
   * What `plan` returns, once what it took and released is durable. It may be run several times, as
   * others change the record too; what it throws undoes what it did, and is thrown here.
   */
  change<T>(plan: (ports: Ports) => T): Promise<T>
}

export interface PortLedgerOptions {
  readonly store: Store
  readonly random: Random
  readonly range: PortRange
  /** What is taken where there is no record yet. */
  readonly takenByServices: () => Promise<Iterable<number>>
}

interface Plan {
  readonly run: (ports: Ports) => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Known {
  readonly taken: ReadonlySet<number>
  /** Of the record; 0: there is none. */
  readonly revision: number
  /** Just read: what it refuses is refused. */
  readonly isFresh: boolean
}

export function createPortLedger(options: PortLedgerOptions): PortLedger {
  const { store, range } = options
  /** One for each request that is under way, so bounded as these are. */
  const waiting: Plan[] = []
  let known: Known | undefined
  let isRunning = false

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const plans = waiting.splice(0)
      try {
        await settle(plans)
      } catch (error) {
        known = undefined
        for (const { reject } of plans) reject(error)
      }
    }
    // Cleared in the same turn as the last look at the line: what comes next starts anew.
    isRunning = false
  }

  async function settle(plans: readonly Plan[]): Promise<void> {
    for (;;) {
      const { taken, revision, isFresh } = (known ??= await read())
      const draft = new Draft(taken, options)
      const outcomes = plans.map(({ run }) => draft.attempt(run))
      const isChanged = !isSameSet(taken, draft.taken)
      if (!isFresh && (!isChanged || outcomes.some(({ isDone }) => !isDone))) {
        known = undefined
        continue
      }
      if (isChanged) {
        const written = await store.put(portsKey, encodePorts(range, draft.taken), revision)
        known = written.ok
          ? { taken: draft.taken, revision: written.revision, isFresh: false }
          : await knownOf(written.current)
        if (!written.ok) continue
      } else {
        known = { taken, revision, isFresh: false }
      }
      return deliver(plans, outcomes)
    }
  }

  async function read(): Promise<Known> {
    return knownOf(await store.get(portsKey))
  }

  async function knownOf(entry: Entry | undefined): Promise<Known> {
    const taken = entry ? decodePorts(entry.value) : await options.takenByServices()
    return {
      taken: new Set([...taken].filter((port) => isInside(range, port))),
      revision: entry?.revision ?? 0,
      isFresh: true,
    }
  }

  return {
    range,
    change: <T>(plan: (ports: Ports) => T) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ run: plan, resolve: (result) => resolve(result as T), reject })
        if (isRunning) return
        isRunning = true
        queueMicrotask(runAll)
      }),
  }
}

type Outcome =
  | { readonly isDone: true; readonly result: unknown }
  | { readonly isDone: false; readonly error: unknown }

function deliver(plans: readonly Plan[], outcomes: readonly Outcome[]): void {
  for (const [index, { resolve, reject }] of plans.entries()) {
    const outcome = outcomes[index]
    if (outcome?.isDone) resolve(outcome.result)
    else reject(outcome?.error)
  }
}

/** The ports while plans work on them. */
class Draft implements Ports {
  readonly range: PortRange
  readonly #random: Random
  taken: Set<number>

  constructor(taken: ReadonlySet<number>, { range, random }: PortLedgerOptions) {
    this.taken = new Set(taken)
    this.range = range
    this.#random = random
  }

  attempt(run: Plan['run']): Outcome {
    const before = new Set(this.taken)
    try {
      return { isDone: true, result: run(this) }
    } catch (error) {
      this.taken = before
      return { isDone: false, error }
    }
  }

  has(port: number): boolean {
    return this.taken.has(port)
  }

  take(port: number): Taken {
    if (!isInside(this.range, port)) return 'not in range'
    if (this.taken.has(port)) return 'already allocated'
    this.taken.add(port)
    return 'taken'
  }

  takeNext(): number | undefined {
    const { from, to } = this.range
    const reserved = reservedShare(to - from + 1, { least: 16, most: 128, divisor: 32 })
    const port = this.#free(from + reserved, to) ?? this.#free(from, from + reserved - 1)
    if (port !== undefined) this.taken.add(port)
    return port
  }

  release(port: number): void {
    this.taken.delete(port)
  }

  /** From a random place on, around once. */
  #free(from: number, to: number): number | undefined {
    const count = to - from + 1
    if (count <= 0) return undefined
    const start = this.#random.below(count)
    for (let step = 0; step < count; step++) {
      const port = from + ((start + step) % count)
      if (!this.taken.has(port)) return port
    }
    return undefined
  }
}

function isInside({ from, to }: PortRange, port: number): boolean {
  return port >= from && port <= to
}

function isSameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}
