// Pods that wait for a node: those to try now, by priority and age; those that back off after a
// failure; and those for which no node will do until something in the cluster changes.

import type { Pod } from '../api/types.gen.ts'
import { type BackoffLimits, backoffDelay } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { podKey } from './node-info.ts'

export interface SchedulingQueue {
  /** A Pod without a node that is new or has changed. */
  put(pod: Pod): void
  remove(pod: Pod): void
  /** Resolves to the next Pod to try; undefined once the signal aborts. */
  take(): Promise<QueuedPod | undefined>
  /** No node would do: waits for a change of the cluster, at most five minutes. */
  park(entry: QueuedPod): void
  /** Something failed that has nothing to do with nodes: tried again after its back-off. */
  retry(entry: QueuedPod): void
  /**
   * The cluster changed: parked Pods whom that may help are tried again, when their back-off,
   * which began with the last try, is over.
   */
  wake(mayHelp?: (pod: Pod) => boolean): void
  has(pod: Pod): boolean
}

export interface QueuedPod {
  readonly pod: Pod
  readonly attempts: number
  readonly queuedMs: number
  /** Count of changes of the cluster when this try began. */
  readonly changesSeen: number
}

interface Waiting extends QueuedPod {
  readonly triedMs: number
  readonly dueMs: number
}

const backoff: BackoffLimits = { firstMs: 1000, lastMs: 10_000 }
const longestParkedMs = 300_000

export function createSchedulingQueue(clock: Clock, signal: AbortSignal): SchedulingQueue {
  const active = new Map<string, QueuedPod>()
  const backingOff = new Map<string, Waiting>()
  const parked = new Map<string, Waiting>()
  let changes = 0
  let taker: ((entry: QueuedPod | undefined) => void) | undefined
  let sleeping: { untilMs: number; stop: AbortController } | undefined
  const nowMs = () => clock.now().getTime()

  signal.addEventListener('abort', () => taker?.(undefined))

  const activate = (key: string, entry: QueuedPod) => {
    active.set(key, entry)
    const next = taker
    taker = undefined
    next?.(shift())
  }

  /** Highest priority first, then the one that has waited longest. */
  const shift = (): QueuedPod | undefined => {
    let best: [string, QueuedPod] | undefined
    for (const candidate of active) if (!best || isBefore(candidate[1], best[1])) best = candidate
    if (!best) return undefined
    active.delete(best[0])
    return { ...best[1], changesSeen: changes }
  }

  const wait = (key: string, entry: QueuedPod, triedMs: number) => {
    const dueMs = triedMs + backoffDelay(backoff, Math.max(0, entry.attempts - 1))
    if (dueMs <= nowMs()) return activate(key, entry)
    backingOff.set(key, { ...entry, triedMs, dueMs })
    sleepUntil(dueMs)
  }

  const wakeDue = () => {
    let nextMs = Infinity
    const now = nowMs()
    for (const waiting of [backingOff, parked]) {
      for (const [key, entry] of waiting) {
        if (entry.dueMs > now) nextMs = Math.min(nextMs, entry.dueMs)
        else if (waiting.delete(key)) activate(key, entry)
      }
    }
    if (nextMs < Infinity) sleepUntil(nextMs)
  }

  const sleepUntil = (atMs: number) => {
    if (signal.aborted || (sleeping && sleeping.untilMs <= atMs)) return
    sleeping?.stop.abort()
    const mine = { untilMs: atMs, stop: new AbortController() }
    sleeping = mine
    clock.sleep(Math.max(0, atMs - nowMs()), AbortSignal.any([signal, mine.stop.signal])).then(
      () => {
        sleeping = undefined
        wakeDue()
      },
      () => {},
    )
  }

  const forget = (key: string) => {
    active.delete(key)
    backingOff.delete(key)
    parked.delete(key)
  }

  return {
    put(pod) {
      const key = podKey(pod)
      const old = active.get(key) ?? backingOff.get(key) ?? parked.get(key)
      const entry = { attempts: 0, queuedMs: nowMs(), changesSeen: changes, ...old, pod }
      const waiting = backingOff.get(key)
      if (waiting) {
        backingOff.set(key, { ...waiting, pod })
        return
      }
      forget(key)
      activate(key, entry)
    },
    remove: (pod) => forget(podKey(pod)),
    take: async () => {
      if (signal.aborted) return undefined
      const entry = shift()
      if (entry) return entry
      return new Promise((resolve) => {
        taker = resolve
      })
    },
    park(entry) {
      const key = podKey(entry.pod)
      const tried = { ...entry, attempts: entry.attempts + 1 }
      // What changed while the Pod was being tried may be what it needs.
      if (entry.changesSeen !== changes) return wait(key, tried, nowMs())
      parked.set(key, { ...tried, triedMs: nowMs(), dueMs: nowMs() + longestParkedMs })
      sleepUntil(nowMs() + longestParkedMs)
    },
    retry: (entry) => wait(podKey(entry.pod), { ...entry, attempts: entry.attempts + 1 }, nowMs()),
    wake(mayHelp = () => true) {
      changes += 1
      for (const [key, entry] of [...parked]) {
        if (!mayHelp(entry.pod)) continue
        parked.delete(key)
        wait(key, entry, entry.triedMs)
      }
    },
    has: (pod) => [active, backingOff, parked].some((place) => place.has(podKey(pod))),
  }
}

function isBefore(a: QueuedPod, b: QueuedPod): boolean {
  const [first, second] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0]
  return first !== second ? first > second : a.queuedMs < b.queuedMs
}
