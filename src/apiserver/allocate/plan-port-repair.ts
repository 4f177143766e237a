// What is wrong between the ports that Services have and the record of those that are taken, and
// what the record is to say. Pure.

import type { Service } from '../../api/types.gen.ts'
import type { ServerEvent } from '../events.ts'
import type { Ports } from './port-ledger.ts'
import { rangeText } from './port-record.ts'

/** Passes in which a port had no Service, before it is free: a Service may be on its way. */
export const passesUntilFree = 3

export interface PortRepair {
  readonly events: readonly ServerEvent[]
  readonly take: readonly number[]
  readonly free: readonly number[]
  /** Ports without a Service and the passes that are left to each. */
  readonly leaks: ReadonlyMap<number, number>
}

export function planPortRepair(
  services: readonly Service[],
  ports: Pick<Ports, 'range' | 'has' | 'taken'>,
  leaks: ReadonlyMap<number, number>,
): PortRepair {
  const { range } = ports
  const used = new Set<number>()
  const events: ServerEvent[] = []
  for (const service of services) {
    const tell = (reason: string, message: string) =>
      void events.push({ regarding: service, reason, message })
    for (const port of claimedPorts(service)) {
      if (port < range.from || port > range.to) {
        const text = rangeText(range)
        tell(
          'PortOutOfRange',
          `Port ${port} is not within the port range ${text}; please recreate service`,
        )
      } else if (used.has(port)) {
        const message = `Port ${port} was assigned to multiple services; please recreate service`
        tell('PortAlreadyAllocated', message)
      } else {
        used.add(port)
        if (!ports.has(port)) tell('PortNotAllocated', `Port ${port} is not allocated; repairing`)
      }
    }
  }
  const lost = [...ports.taken].filter((port) => !used.has(port))
  const left = (port: number) => leaks.get(port) ?? passesUntilFree - 1
  return {
    events,
    take: [...used].filter((port) => !ports.has(port)),
    free: lost.filter((port) => left(port) === 0),
    leaks: new Map(lost.flatMap((port) => (left(port) > 0 ? [[port, left(port) - 1]] : []))),
  }
}

/** A port of two protocols is one; a port named twice for one protocol is a double claim. */
export function claimedPorts({ spec }: Service): number[] {
  const claims = (spec?.ports ?? []).map(({ nodePort = 0, protocol = 'TCP' }) => ({
    ...{ nodePort, protocol },
  }))
  const healthCheck = { nodePort: spec?.healthCheckNodePort ?? 0, protocol: 'TCP' }
  const seen = new Map<number, Set<string>>()
  return [...claims, healthCheck].flatMap(({ nodePort, protocol }) => {
    if (nodePort === 0) return []
    const protocols = seen.get(nodePort)
    seen.set(nodePort, new Set([...(protocols ?? []), protocol]))
    return !protocols || protocols.has(protocol) ? [nodePort] : []
  })
}
