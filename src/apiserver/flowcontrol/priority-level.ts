// One priority level as it runs: seats in use, requests that wait for one, and what became of them.

import type { PriorityLevelConfiguration } from '../../api/types.gen.ts'
import { FairQueues, type QueueShape, type Waiting } from './fair-queues.ts'
import type { LevelShares, SeatHolder, SeatLimits } from './seat-pool.ts'

export interface LevelSettings extends LevelShares {
  readonly isExempt: boolean
  /** Absent: what finds no seat is refused. */
  readonly queues: QueueShape | undefined
}

export function levelSettings({ spec }: PriorityLevelConfiguration): LevelSettings {
  if (spec.type === 'Exempt') {
    const { nominalConcurrencyShares: shares = 0, lendablePercent = 0 } = spec.exempt ?? {}
    const borrowingLimitPercent = undefined
    return { isExempt: true, queues: undefined, shares, lendablePercent, borrowingLimitPercent }
  }
  const {
    nominalConcurrencyShares: shares = 30,
    lendablePercent = 0,
    ...limited
  } = spec.limited ?? {}
  const { type, queuing = {} } = limited.limitResponse ?? { type: 'Reject' }
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing
  return {
    isExempt: false,
    ...{ shares, lendablePercent, borrowingLimitPercent: limited.borrowingLimitPercent },
    queues: type === 'Queue' ? { queues, handSize, queueLengthLimit } : undefined,
  }
}

export class PriorityLevel implements SeatHolder {
  readonly name: string
  uid: string
  settings: LevelSettings
  limits: SeatLimits = { nominal: 0, lendable: 0, most: 0 }
  inUse = 0
  queues: FairQueues | undefined

  constructor(name: string, uid: string, settings: LevelSettings) {
    this.name = name
    this.uid = uid
    this.settings = settings
    this.queues = settings.queues && new FairQueues(settings.queues)
  }

  /** Requests that wait stay where they are unless the queues have another shape now. */
  change(uid: string, settings: LevelSettings): void {
    const isSameShape = JSON.stringify(settings.queues) === JSON.stringify(this.settings.queues)
    this.uid = uid
    this.settings = settings
    if (isSameShape) return
    // Those in the old queues start first; new ones wait in the new queues meanwhile.
    if (this.queues && this.queues.length > 0) this.#leaving.push(this.queues)
    this.queues = settings.queues && new FairQueues(settings.queues)
  }

  get isWaitedFor(): boolean {
    return (this.queues?.length ?? 0) > 0 || this.#leaving.length > 0
  }

  startNext(mayStart: (waiting: Waiting) => boolean): void {
    for (const queues of this.#leaving) queues.startNext(mayStart)
    this.#leaving = this.#leaving.filter(({ length }) => length > 0)
    if (this.#leaving.length === 0) this.queues?.startNext(mayStart)
  }

  /** It waits no longer, and did not start. */
  drop(waiting: Waiting): void {
    for (const queues of [...this.#leaving, ...(this.queues ? [this.queues] : [])])
      queues.remove(waiting)
  }

  #leaving: FairQueues[] = []
}
