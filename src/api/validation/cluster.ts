// Namespaces and Nodes.

import type { DraftOf } from '../draft.ts'
import { duplicate, type FieldError, forbidden, invalid } from '../field-error.ts'
import type { Namespace, Node } from '../types.gen.ts'
import { each, eachEntry, repeatedOf, when } from './checks.ts'
import { at } from './field-path.ts'
import { blockOf, cidrErrors } from './ip.ts'
import { kubeFinalizerErrors, qualifiedNameErrors } from './metadata.ts'
import { amountErrors } from './resources.ts'
import { taintsErrors } from './scheduling.ts'

export function namespaceErrors({ spec }: DraftOf<Namespace>): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => [
    ...qualifiedNameErrors(name, 'spec.finalizers'),
    ...kubeFinalizerErrors(name, 'spec.finalizers'),
  ])
}

export function namespaceStatusErrors({ metadata, status }: DraftOf<Namespace>): FieldError[] {
  const isDeleting = metadata?.deletionTimestamp !== undefined
  const wanted = isDeleting ? 'Terminating' : 'Active'
  const condition = isDeleting ? '`deletionTimestamp` is not empty' : '`deletionTimestamp` is empty'
  const detail = `may only be '${wanted}' if ${condition}`
  return when(status?.phase !== wanted, invalid('status.Phase', status?.phase ?? '', detail))
}

export function namespaceFinalizeErrors({ spec }: DraftOf<Namespace>): FieldError[] {
  return each(spec?.finalizers, 'spec.finalizers', (name, place) => [
    ...qualifiedNameErrors(name, place),
    ...kubeFinalizerErrors(name, place),
  ])
}

export function nodeErrors({ spec, status }: DraftOf<Node>): FieldError[] {
  return [
    ...taintsErrors(spec?.taints, 'metadata.taints'),
    ...eachEntry(status?.capacity, '', (name, amount) =>
      amountErrors(name, amount, `status.capacity.${name}`),
    ),
    ...eachEntry(status?.allocatable, '', (name, amount) =>
      amountErrors(name, amount, `status.allocatable.${name}`),
    ),
    ...podCidrErrors(spec?.podCIDRs ?? []),
  ]
}

function podCidrErrors(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs'
  const families = new Set(cidrs.map((cidr) => blockOf(cidr)?.family))
  const isTooMany = cidrs.length > 1 && (families.size < 2 || cidrs.length > 2)
  return [
    ...each(cidrs, path, cidrErrors),
    ...when(
      isTooMany,
      invalid(path, cidrs, 'may specify no more than one CIDR for each IP family'),
    ),
    ...repeatedOf(cidrs, (cidr) => cidr).map(({ element, index }) =>
      duplicate(at(path, index), element),
    ),
  ]
}

export function nodeUpdateErrors(next: DraftOf<Node>, previous: DraftOf<Node>): FieldError[] {
  const before = previous.spec?.podCIDRs ?? []
  const cidrs = next.spec?.podCIDRs ?? []
  const isMoved = before.length > 0 && before.join() !== cidrs.join()
  const provider = previous.spec?.providerID
  const addresses = repeatedOf(next.status?.addresses ?? [], (address) => JSON.stringify(address))
  return [
    ...addresses.map(({ element, index }) => duplicate(at('status.addresses', index), element)),
    ...when(
      isMoved,
      forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
    ),
    ...when(
      provider && provider !== next.spec?.providerID,
      forbidden(
        'spec.providerID',
        'node updates may not change providerID except from "" to valid',
      ),
    ),
  ]
}
