// Addresses and ports of Services: given before a Service is written, taken back when it turned out
// not to be, when it changes its type, and when it goes. What nobody took back in time (a server
// that died between the two) the repairs find.

import { asDraft, type Draft, draftAs } from '../../api/draft.ts'
import { type FieldError, invalid, toInvalid } from '../../api/field-error.ts'
import { kindEntry, pathOf } from '../../api/kinds.ts'
import type { ObjectKey } from '../../api/meta.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Service } from '../../api/types.gen.ts'
import { type Family, familyOf } from '../../api/validation/ip.ts'
import type { ApiObject } from '../registry/api-object.ts'
import type { Settle, WriteHooks } from '../registry/write.ts'
import { type AddressesOptions, createAddresses, dryAddresses } from './addresses.ts'
import { dryPorts } from './dry-ports.ts'
import { isUntouchedPreference, settleFamilies } from './ip-families.ts'
import { assignPorts, type PortAssignment, PortRefused, wantsPorts } from './node-ports.ts'
import type { PortLedger } from './port-ledger.ts'
import {
  alignClusterIps,
  clusterIpsOf,
  dropUnused,
  heldPortsOf,
  isHeadless,
  keepAllocated,
  type ServiceDraft,
  type ServiceSpecDraft,
} from './service-fields.ts'

export interface ServiceAllocationOptions extends AddressesOptions {
  readonly ports: PortLedger
  /** Resolves once every Service that is stored has what it needs; asked before the first write. */
  readonly repaired: () => Promise<void>
}

export function createServiceAllocation(options: ServiceAllocationOptions): WriteHooks {
  const { api, ports, repaired, configured } = options
  const families = familiesOf(configured)
  const addresses = createAddresses(options)
  const dry = dryAddresses(options)

  async function begin(
    draft: Draft,
    before: ServiceSpecDraft | undefined,
    isDryRun: boolean,
  ): Promise<Settle> {
    const service = draftAs<Service>(draft)
    const spec = (service.spec ??= {})
    if (before) {
      keepAllocated(spec, before)
      dropUnused(spec, before)
    }
    alignClusterIps(spec, before)
    assertValid(service, settleFamilies(spec, before, families))
    if (!isDryRun) await repaired()
    const session = new Session({ addresses: isDryRun ? dry : addresses, ports, service })
    try {
      await session.giveAddresses(spec, before)
      await session.givePorts(spec, before, isDryRun)
    } catch (error) {
      await session.undo()
      throw error
    }
    return async (outcome) => {
      if (isDryRun) return
      if (outcome === 'written' && before) await session.release(before, spec)
      // Of a write whose end is unknown nothing is taken back: the Service may be there.
      if (outcome === 'refused') await session.undo()
    }
  }

  return {
    beginCreate: (draft, { isDryRun }) => begin(draft, undefined, isDryRun),
    async beginUpdate(draft, old, { isDryRun, subresource }) {
      return subresource === '' ? begin(draft, specOf(old), isDryRun) : async () => {}
    },
    async afterDelete(object) {
      const { namespace, name = '' } = object.metadata
      const path = pathOf(kindEntry('Endpoints'), namespace, name)
      const session = new Session({ addresses, ports, service: { metadata: { name } } })
      // Endpoints of the same name, which the next Service of this name must not find.
      await Promise.allSettled([
        api.send({ method: 'DELETE', path }),
        session.release(specOf(object), {}),
      ])
    },
  }
}

function familiesOf(cidrs: readonly string[]): readonly Family[] {
  return [...new Set(cidrs.flatMap((cidr) => familyOf(cidr.split('/')[0] ?? '') ?? []))]
}

/** A copy, so that nothing done to the draft reaches the stored object. */
function specOf(object: ApiObject): ServiceSpecDraft {
  return structuredClone(draftAs<Service>(asDraft(object)).spec ?? {})
}

interface SessionOptions {
  readonly addresses: ReturnType<typeof createAddresses>
  readonly ports: PortLedger
  readonly service: ServiceDraft
}

/** What one write has taken so far. */
class Session {
  readonly #options: SessionOptions
  readonly #addresses: string[] = []
  #ports: readonly number[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** One address for each family, where the Service has none of it yet. */
  async giveAddresses(spec: ServiceSpecDraft, before: ServiceSpecDraft | undefined): Promise<void> {
    if (spec.type === 'ExternalName' || isHeadless(before ?? {}) || isHeadless(spec)) return
    if (before && isUntouchedPreference(spec, before)) return
    const held = before ? clusterIpsOf(before).length : 0
    const given = [...(spec.clusterIPs ?? [])]
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      if (index < held) continue
      const asked = given[index]
      given[index] = asked ? await this.#take(asked, given) : await this.#takeNext(family as Family)
    }
    if (given.length === 0) return
    spec.clusterIPs = given
    if (given[0]) spec.clusterIP = given[0]
  }

  async #take(address: string, all: readonly string[]): Promise<string> {
    const { addresses, service } = this.#options
    const refused = await addresses.take(address, keyOf(service))
    if (refused !== undefined) {
      const detail = `failed to allocate IP ${address}: ${refused}`
      throw invalidService(service, [invalid('spec.clusterIPs', all, detail)])
    }
    this.#addresses.push(address)
    return address
  }

  async #takeNext(family: Family): Promise<string> {
    const { addresses, service } = this.#options
    const address = await addresses.takeNext(family, keyOf(service))
    if (address === undefined) throw internal('failed to allocate a serviceIP: range is full')
    this.#addresses.push(address)
    return address
  }

  async givePorts(
    spec: ServiceSpecDraft,
    before: ServiceSpecDraft | undefined,
    isDryRun: boolean,
  ): Promise<void> {
    const { ports } = this.#options
    if (!wantsPorts(spec)) return
    const { nodePorts, healthCheckNodePort, taken } = await ports
      .change((all) => assignPorts(spec, before, isDryRun ? dryPorts(all) : all))
      .catch((error: unknown) => this.#refuse(error))
    this.#ports = isDryRun ? [] : taken
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const nodePort = nodePorts[index]
      if (nodePort !== undefined) port.nodePort = nodePort
    }
    if (healthCheckNodePort !== undefined) spec.healthCheckNodePort = healthCheckNodePort
  }

  #refuse(error: unknown): PortAssignment {
    if (!(error instanceof PortRefused)) throw error
    throw error.field
      ? invalidService(this.#options.service, [error.field])
      : internal(error.message)
  }

  undo(): Promise<void> {
    return this.#free(this.#addresses, this.#ports)
  }

  /** Frees what the Service held and `next` no longer has. */
  release(before: ServiceSpecDraft, next: ServiceSpecDraft): Promise<void> {
    const addresses = next.type === 'ExternalName' ? [] : clusterIpsOf(next)
    const ports = heldPortsOf(next)
    return this.#free(
      clusterIpsOf(before).filter((address) => !addresses.includes(address)),
      heldPortsOf(before).filter((port) => !ports.includes(port)),
    )
  }

  /** What cannot be freed now is found by the repairs: the write itself is done. */
  async #free(addresses: readonly string[], freed: readonly number[]): Promise<void> {
    const { ports } = this.#options
    await Promise.allSettled([
      ...addresses.map((address) => this.#options.addresses.release(address)),
      ...(freed.length > 0
        ? [ports.change((all) => freed.forEach((port) => void all.release(port)))]
        : []),
    ])
  }
}

function keyOf({ metadata }: ServiceDraft): ObjectKey {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }
}

function assertValid(service: ServiceDraft, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidService(service, errors)
}

function invalidService({ metadata }: ServiceDraft, errors: readonly FieldError[]): StatusError {
  return toInvalid({ group: '', kind: 'Service' }, metadata?.name ?? '', errors)
}

function internal(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`)
}
