// The queues of one priority level: a flow waits in the shortest queue of its hand, and queues take
// turns by the work they have had (start-time fair queuing: the queue that has had the least goes next).

import { dealHand } from './shuffle-shard.ts'

export interface QueueShape {
  readonly queues: number
  readonly handSize: number
  readonly queueLengthLimit: number
}

export interface Waiting {
  readonly seats: number
  /** Lets it go on, having a seat; `charge` is told how long it took. */
  readonly start: (charge: (ms: number) => void) => void
}

interface Queue {
  readonly waiting: Waiting[]
  /** Seat-milliseconds that its requests have had, or are reckoned to have. */
  work: number
}

/** What a request is reckoned to take until it is known. */
export const reckonedMs = 3

export class FairQueues {
  readonly #shape: QueueShape
  /** Those that are waited in, and those that have had more than others since. */
  readonly #queues = new Map<number, Queue>()
  #length = 0

  constructor(shape: QueueShape) {
    this.#shape = shape
  }

  get length(): number {
    return this.#length
  }

  /** False: even the shortest queue of the flow's hand is full. */
  add(flow: string, waiting: Waiting): boolean {
    const { queues, handSize, queueLengthLimit } = this.#shape
    let card = -1
    let shortest = Infinity
    for (const dealt of dealHand(flow, queues, handSize)) {
      const length = this.#queues.get(dealt)?.waiting.length ?? 0
      if (length < shortest) [card, shortest] = [dealt, length]
    }
    if (shortest >= queueLengthLimit) return false
    const queue = this.#queues.get(card) ?? { waiting: [], work: 0 }
    // What it did not ask for while it was empty, it does not get now.
    if (shortest === 0) queue.work = Math.max(queue.work, this.#next()?.work ?? 0)
    queue.waiting.push(waiting)
    this.#queues.set(card, queue)
    this.#length++
    return true
  }

  remove(waiting: Waiting): void {
    for (const queue of this.#queues.values()) {
      const index = queue.waiting.indexOf(waiting)
      if (index < 0) continue
      queue.waiting.splice(index, 1)
      this.#length--
    }
  }

  /** Starts the next while `mayStart` says that there is room for it. */
  startNext(mayStart: (waiting: Waiting) => boolean): void {
    for (let queue = this.#next(); queue; queue = this.#next()) {
      const [first] = queue.waiting
      if (!first || !mayStart(first)) return
      queue.waiting.shift()
      this.#length--
      const { seats, start } = first
      const reckoned = seats * reckonedMs
      const charged = queue
      charged.work += reckoned
      start((ms) => {
        charged.work += seats * ms - reckoned
      })
    }
  }

  /** The queue that has had the least; empty ones that have had no more than it are forgotten. */
  #next(): Queue | undefined {
    let best: Queue | undefined
    for (const queue of this.#queues.values())
      if (queue.waiting.length > 0 && (!best || queue.work < best.work)) best = queue
    for (const [card, { waiting, work }] of this.#queues)
      if (waiting.length === 0 && (!best || work <= best.work)) this.#queues.delete(card)
    return best
  }
}
