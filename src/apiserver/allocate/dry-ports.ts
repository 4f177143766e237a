// The ports as a dry run sees them: what is taken is refused, and what would be drawn is a number
// beyond every range, since nobody can say which one it would be.

import type { Ports } from './port-ledger.ts'

const firstDrawn = 32_769

/** Takes nothing from `ports`. */
export function dryPorts(ports: Ports): Ports {
  const mine: number[] = []
  return {
    range: ports.range,
    taken: ports.taken,
    has: (port) => ports.has(port) || mine.includes(port),
    take(port) {
      if (this.has(port)) return 'already allocated'
      mine.push(port)
      return 'taken'
    },
    takeNext() {
      const port = mine.length > 0 ? Math.max(...mine) + 1 : firstDrawn
      mine.push(port)
      return port
    },
    release() {},
  }
}
