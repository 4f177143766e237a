// The IPAddress object that stands for a ClusterIP: its name is the address, its parent the Service
// that has it. It is made before the Service is written, so no two Services get one address,
// whichever API server they came to.

import type { ObjectKey } from './meta.ts'
import type { IPAddress } from './types.gen.ts'
import { familyOf } from './validation/ip.ts'

export const managedByLabel = 'ipaddress.kubernetes.io/managed-by'
export const familyLabel = 'ipaddress.kubernetes.io/ip-family'
/** Who gives ClusterIPs; other IPAddresses are none of its business. */
export const allocatorName = 'ipallocator.k8s.io'

/** `address` in canonical form. */
export function ipAddressFor(address: string, { namespace = '', name }: ObjectKey): IPAddress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: address, labels: labelsOf(address) },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  }
}

export function isManaged({ metadata }: IPAddress): boolean {
  return metadata.labels?.[managedByLabel] === allocatorName
}

/** True when the labels are those that the allocator gives. */
export function isLabelled({ metadata }: IPAddress): boolean {
  const { name = '', labels } = metadata
  return Object.entries(labelsOf(name)).every(([key, value]) => labels?.[key] === value)
}

function labelsOf(address: string): Record<string, string> {
  return { [familyLabel]: familyOf(address) ?? '', [managedByLabel]: allocatorName }
}

/** The Service that has the address; undefined where it belongs to something else. */
export function parentOf({ spec }: IPAddress): ObjectKey | undefined {
  const { group = '', resource, namespace = '', name } = spec?.parentRef ?? {}
  return group === '' && resource === 'services' && name ? { namespace, name } : undefined
}
