// NodePorts and health check ports: one range for all protocols.

import type { Random } from '../../lib/random.ts'
import type { Taken } from './address-pool.ts'
import { createNumberPool, reservedShare } from './number-pool.ts'

export interface PortRange {
  readonly from: number
  /** The last port of the range. */
  readonly to: number
}

export interface PortPool {
  readonly range: PortRange
  take(port: number): Taken
  takeNext(): number | undefined
  release(port: number): void
}

export function createPortPool(range: PortRange, random: Random): PortPool {
  const { from, to } = range
  const size = to - from + 1
  const reserved = reservedShare(size, { least: 16, most: 128, divisor: 32 })
  const pool = createNumberPool({ size, reserved, random })
  return {
    range,
    take(port) {
      if (port < from || port > to) return 'not in range'
      return pool.take(port - from) ? 'taken' : 'already allocated'
    },
    takeNext() {
      const offset = pool.takeNext()
      return offset === undefined ? undefined : from + offset
    },
    release: (port) => pool.release(port - from),
  }
}
