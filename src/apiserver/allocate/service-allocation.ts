// Addresses and ports of Services: given when a Service is created or changes its type, taken
// back when it goes. What is given is known from the Services themselves, read once at the start.

import { type Draft, draftAs } from '../../api/draft.ts'
import { type FieldError, invalid, toInvalid } from '../../api/field-error.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Service } from '../../api/types.gen.ts'
import type { Random } from '../../lib/random.ts'
import type { ApiObject } from '../registry/api-object.ts'
import type { ClusterView } from '../registry/cluster-view.ts'
import type { Settle, WriteHooks } from '../registry/write.ts'
import { type AddressPool, createAddressPool, type Taken } from './address-pool.ts'
import { createPortPool, type PortPool, type PortRange } from './port-pool.ts'
import {
  allocatesNodePorts,
  clusterIpsOf,
  dropUnused,
  isHeadless,
  keepAllocated,
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePort,
  nodePortsOf,
  type ServiceDraft,
  settleFamilies,
} from './service-fields.ts'

export interface ServiceAllocationOptions {
  readonly cluster: ClusterView
  readonly random: Random
  /** 10.96.0.0/16 */
  readonly serviceSubnet: string
  readonly nodePorts?: PortRange
}

type Spec = NonNullable<ServiceDraft['spec']>

export function createServiceAllocation(options: ServiceAllocationOptions): WriteHooks {
  const { cluster, random, serviceSubnet, nodePorts = { from: 30000, to: 32767 } } = options
  const pools: Pools = {
    addresses: createAddressPool(serviceSubnet, random),
    ports: createPortPool(nodePorts, random),
  }
  let loaded: Promise<void> | undefined

  async function load(): Promise<void> {
    for (const { spec } of await cluster.list('Service')) occupy(pools, spec as Spec | undefined)
  }

  return {
    async beginCreate(draft) {
      await (loaded ??= load())
      return allocateNew(pools, draftAs<Service>(draft))
    },
    async beginUpdate(draft, old) {
      await (loaded ??= load())
      return allocateChanged(pools, draftAs<Service>(draft), specOf(old))
    },
    afterDelete(object) {
      for (const address of clusterIpsOf(specOf(object))) pools.addresses.release(address)
      for (const port of nodePortsOf(specOf(object))) pools.ports.release(port)
    },
  }
}

interface Pools {
  readonly addresses: AddressPool
  readonly ports: PortPool
}

function occupy({ addresses, ports }: Pools, spec: Spec | undefined): void {
  for (const address of clusterIpsOf(spec)) addresses.take(address)
  for (const port of nodePortsOf(spec)) ports.take(port)
}

/** A copy, so that nothing done to the draft reaches the stored object. */
function specOf(object: ApiObject): Spec {
  return structuredClone(draftAs<Service>(object as unknown as Draft).spec ?? {})
}

function allocateNew(pools: Pools, service: ServiceDraft): Settle {
  const spec = (service.spec ??= {})
  settleFamilies(spec)
  return allocate(pools, service, { held: {} })
}

function allocateChanged(pools: Pools, service: ServiceDraft, old: Spec): Settle {
  const spec = (service.spec ??= {})
  keepAllocated(spec, old)
  dropUnused(spec, old)
  settleFamilies(spec)
  return allocate(pools, service, { held: old })
}

/**
 * Gives the Service all it needs. The settling call frees what it no longer holds, or, when the
 * write failed, what it was given here.
 */
function allocate(pools: Pools, service: ServiceDraft, { held }: { readonly held: Spec }): Settle {
  const spec = service.spec ?? {}
  const session = new Session(pools, service, held)
  try {
    if (needsClusterIp(spec) && !isHeadless(spec)) session.address(spec)
    if (needsNodePort(spec)) session.nodePorts(spec)
    if (needsHealthCheckPort(spec)) session.healthCheckPort(spec)
  } catch (error) {
    session.undo()
    throw error
  }
  return (isWritten) => (isWritten ? session.release(spec) : session.undo())
}

/** What one write has taken so far. */
class Session {
  readonly #pools: Pools
  readonly #name: string
  readonly #heldAddresses: readonly string[]
  readonly #heldPorts: readonly number[]
  readonly #addresses: string[] = []
  readonly #ports: number[] = []

  constructor(pools: Pools, service: ServiceDraft, held: Spec) {
    this.#pools = pools
    this.#name = service.metadata?.name ?? ''
    this.#heldAddresses = clusterIpsOf(held)
    this.#heldPorts = nodePortsOf(held)
  }

  address(spec: Spec): void {
    this.#assertFamilies(spec)
    const { addresses } = this.#pools
    const [asked] = clusterIpsOf(spec)
    if (asked === undefined) {
      const address = addresses.takeNext()
      if (address === undefined) throw internal('failed to allocate a serviceIP: range is full')
      this.#addresses.push(address)
      spec.clusterIP = address
      spec.clusterIPs = [address]
    } else if (!this.#heldAddresses.includes(asked)) {
      const taken = addresses.take(asked)
      if (taken !== 'taken') throw this.#invalid(addressError(asked, taken, addresses.subnet))
      this.#addresses.push(asked)
    }
  }

  nodePorts(spec: Spec): void {
    const byPort = new Map<number, number[]>()
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !allocatesNodePorts(spec)) continue
      const number = port.port ?? 0
      const given = byPort.get(number) ?? []
      byPort.set(number, given)
      // One port on several protocols is one node port.
      const nodePort = port.nodePort || given[0] || askedFor(spec, number)
      port.nodePort = nodePort
        ? this.#port(nodePort, `spec.ports[${index}].nodePort`)
        : this.#nextPort('nodePort')
      given.push(port.nodePort)
    }
  }

  healthCheckPort(spec: Spec): void {
    const { healthCheckNodePort: asked } = spec
    spec.healthCheckNodePort = asked
      ? this.#port(asked, 'spec.healthCheckNodePort')
      : this.#nextPort('HealthCheck NodePort')
  }

  undo(): void {
    for (const address of this.#addresses) this.#pools.addresses.release(address)
    for (const port of this.#ports) this.#pools.ports.release(port)
  }

  /** Frees what the Service held and `spec` no longer has. */
  release(spec: Spec): void {
    const addresses = clusterIpsOf(spec)
    const ports = nodePortsOf(spec)
    for (const address of this.#heldAddresses) {
      if (!addresses.includes(address)) this.#pools.addresses.release(address)
    }
    for (const port of this.#heldPorts) if (!ports.includes(port)) this.#pools.ports.release(port)
  }

  #port(port: number, field: string): number {
    if (this.#heldPorts.includes(port) || this.#ports.includes(port)) return port
    const { ports } = this.#pools
    const taken = ports.take(port)
    if (taken !== 'taken') throw this.#invalid(portError(field, port, taken, ports.range))
    this.#ports.push(port)
    return port
  }

  #nextPort(what: string): number {
    const port = this.#pools.ports.takeNext()
    if (port === undefined) throw internal(`failed to allocate a ${what}: range is full`)
    this.#ports.push(port)
    return port
  }

  #assertFamilies({ ipFamilies = [], ipFamilyPolicy }: Spec): void {
    const errors = ipFamilies.flatMap((family, index) =>
      family === 'IPv4'
        ? []
        : [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
    )
    if (ipFamilyPolicy === 'RequireDualStack') {
      errors.push(
        invalid(
          'spec.ipFamilyPolicy',
          ipFamilyPolicy,
          'this cluster is not configured for dual-stack services',
        ),
      )
    }
    if (errors.length > 0) throw this.#invalid(...errors)
  }

  #invalid(...errors: readonly FieldError[]): StatusError {
    return toInvalid({ group: '', kind: 'Service' }, this.#name, errors)
  }
}

/** A later port entry of the same number may name the node port for both. */
function askedFor({ ports = [] }: Spec, port: number): number | undefined {
  return ports.find((each) => each.port === port && each.nodePort)?.nodePort
}

function addressError(address: string, taken: Taken, subnet: string): FieldError {
  const why =
    taken === 'already allocated'
      ? 'provided IP is already allocated'
      : `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${subnet}`
  return invalid('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)
}

function portError(field: string, port: number, taken: Taken, { from, to }: PortRange): FieldError {
  const why =
    taken === 'already allocated'
      ? 'provided port is already allocated'
      : `provided port is not in the valid range. The range of valid ports is ${from}-${to}`
  return invalid(field, port, why)
}

function internal(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`)
}
