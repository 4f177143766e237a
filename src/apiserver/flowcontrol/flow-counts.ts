// What became of the requests of one flow schema in one priority level, for metrics.

import { Histogram } from '../metrics/exposition.ts'

export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled'

/** Upper bounds in seconds, upstream's. */
const bounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

export class FlowCounts {
  dispatched = 0
  executing = 0
  executingSeats = 0
  queued = 0
  queuedSeats = 0
  readonly refused = new Map<Refusal, number>()
  readonly executionSeconds = new Histogram(bounds)
  readonly waitedSeconds = new Histogram(bounds)
  readonly refusedAfterSeconds = new Histogram(bounds)

  start(seats: number): void {
    this.dispatched++
    this.executing++
    this.executingSeats += seats
  }

  finish(seats: number, ms: number): void {
    this.executing--
    this.executingSeats -= seats
    this.executionSeconds.observe(ms / 1000)
  }

  queue(seats: number): void {
    this.queued++
    this.queuedSeats += seats
  }

  unqueue(seats: number, waitedSeconds: number, isStarted: boolean): void {
    this.queued--
    this.queuedSeats -= seats
    const histogram = isStarted ? this.waitedSeconds : this.refusedAfterSeconds
    histogram.observe(waitedSeconds)
  }

  refuse(reason: Refusal): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}
