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
  readonly #queues: readonly Queue[]
  #length = 0

  constructor(shape: QueueShape) {
    this.#shape = shape
    this.#queues = Array.from({ length: shape.queues }, () => ({ waiting: [], work: 0 }))
  }

  get length(): number {
    return this.#length
  }

  get seats(): number {
    return this.#queues.reduce(
      (sum, { waiting }) => sum + waiting.reduce((own, { seats }) => own + seats, 0),
      0,
    )
  }

  /** False: even the shortest queue of the flow's hand is full. */
  add(flow: string, waiting: Waiting): boolean {
    const { queues, handSize, queueLengthLimit } = this.#shape
    const hand = dealHand(flow, queues, handSize).flatMap((card) => this.#queues[card] ?? [])
    const [shortest] = hand.toSorted((a, b) => a.waiting.length - b.waiting.length)
    if (!shortest || shortest.waiting.length >= queueLengthLimit) return false
    // What it did not ask for while it was empty, it does not get now.
    if (shortest.waiting.length === 0) shortest.work = Math.max(shortest.work, this.#leastWork())
    shortest.waiting.push(waiting)
    this.#length++
    return true
  }

  remove(waiting: Waiting): void {
    for (const queue of this.#queues) {
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
      queue.work += reckoned
      start((ms) => {
        queue.work += seats * ms - reckoned
      })
    }
  }

  #next(): Queue | undefined {
    let best: Queue | undefined
    for (const queue of this.#queues)
      if (queue.waiting.length > 0 && (!best || queue.work < best.work)) best = queue
    return best
  }

  #leastWork(): number {
    return this.#next()?.work ?? Math.max(...this.#queues.map(({ work }) => work))
  }
}
