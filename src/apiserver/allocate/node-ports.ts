// Which ports a Service is given. Pure over the ledger's ports: in is a Service and the one it
// replaces, out are the numbers, which the caller writes into it once they are its own.

import { type FieldError, invalid } from '../../api/field-error.ts'
import type { Ports, Taken } from './port-ledger.ts'
import { type PortRange, rangeText } from './port-record.ts'
import {
  allocatesNodePorts,
  needsHealthCheckPort,
  needsNodePort,
  nodePortsOf,
  type ServiceSpecDraft,
} from './service-fields.ts'

export interface PortAssignment {
  /** By the place in spec.ports; undefined: it has none. */
  readonly nodePorts: readonly (number | undefined)[]
  readonly healthCheckNodePort: number | undefined
  /** What was taken for it. */
  readonly taken: readonly number[]
}

/** A wish that cannot be met; or, without a field, that nothing is left. */
export class PortRefused extends Error {
  readonly field: FieldError | undefined
  constructor(message: string, field?: FieldError) {
    super(message)
    this.field = field
  }
}

/** True when giving out its ports could change the record. */
export function wantsPorts(spec: ServiceSpecDraft): boolean {
  const asks = (spec.ports ?? []).some(({ nodePort }) => nodePort || allocatesNodePorts(spec))
  return (needsNodePort(spec) && asks) || needsHealthCheckPort(spec)
}

export function assignPorts(
  spec: ServiceSpecDraft,
  old: ServiceSpecDraft | undefined,
  ports: Ports,
): PortAssignment {
  const giver = new Giver(ports)
  const nodePorts = !needsNodePort(spec)
    ? (spec.ports ?? []).map(({ nodePort }) => nodePort)
    : old
      ? changedPorts(spec, old, giver)
      : newPorts(spec, giver)
  const healthCheckNodePort = healthCheckPort(spec, old, giver)
  return { nodePorts, healthCheckNodePort, taken: giver.taken }
}

/** One port on several protocols is one node port. */
function newPorts(spec: ServiceSpecDraft, giver: Giver): (number | undefined)[] {
  const given = new Map<number, number>()
  return (spec.ports ?? []).map(({ port = 0, nodePort = 0 }, index) => {
    if (!nodePort && !allocatesNodePorts(spec)) return undefined
    const shared = given.get(port)
    if (shared !== undefined) {
      if (!nodePort || nodePort === shared) return shared
      return giver.take(nodePort, placeOf(index))
    }
    const asked = askedFor(spec, port)
    const mine = asked ? giver.take(asked, placeOf(index)) : giver.takeNext('nodePort')
    given.set(port, mine)
    return mine
  })
}

/** A later port entry of the same number may name the node port for both. */
function askedFor({ ports = [] }: ServiceSpecDraft, port: number): number | undefined {
  return ports.find((each) => each.port === port && each.nodePort)?.nodePort
}

/** What the Service holds it need not take again. */
function changedPorts(
  spec: ServiceSpecDraft,
  old: ServiceSpecDraft,
  giver: Giver,
): (number | undefined)[] {
  const held = nodePortsOf(old)
  return (spec.ports ?? []).map(({ nodePort = 0 }, index) => {
    if (nodePort === 0) return allocatesNodePorts(spec) ? giver.takeNext('nodePort') : undefined
    if (held.includes(nodePort) || giver.taken.includes(nodePort)) return nodePort
    return giver.take(nodePort, placeOf(index))
  })
}

function healthCheckPort(
  spec: ServiceSpecDraft,
  old: ServiceSpecDraft | undefined,
  giver: Giver,
): number | undefined {
  const { healthCheckNodePort: asked } = spec
  if (!needsHealthCheckPort(spec) || (old && needsHealthCheckPort(old))) return asked
  return asked
    ? giver.take(asked, 'spec.healthCheckNodePort')
    : giver.takeNext('HealthCheck NodePort')
}

class Giver {
  readonly #ports: Ports
  readonly taken: number[] = []

  constructor(ports: Ports) {
    this.#ports = ports
  }

  take(port: number, field: string): number {
    const taken = this.#ports.take(port)
    if (taken !== 'taken') {
      const why = refusal(taken, this.#ports.range)
      throw new PortRefused(why, invalid(field, port, why))
    }
    this.taken.push(port)
    return port
  }

  takeNext(what: string): number {
    const port = this.#ports.takeNext()
    if (port === undefined) throw new PortRefused(`failed to allocate a ${what}: range is full`)
    this.taken.push(port)
    return port
  }
}

function placeOf(index: number): string {
  return `spec.ports[${index}].nodePort`
}

function refusal(taken: Taken, range: PortRange): string {
  return taken === 'already allocated'
    ? 'provided port is already allocated'
    : `provided port is not in the valid range. The range of valid ports is ${rangeText(range)}`
}
