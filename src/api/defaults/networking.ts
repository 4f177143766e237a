// Defaults of networking.k8s.io and discovery.k8s.io.

import type { DraftOf } from '../draft.ts'
import type { EndpointSlice, IngressClass, NetworkPolicy } from '../types.gen.ts'

export function defaultIngressClass({ spec }: DraftOf<IngressClass>): void {
  if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
}

export function defaultNetworkPolicy({ spec }: DraftOf<NetworkPolicy>): void {
  if (!spec) return
  if (!spec.policyTypes?.length) {
    spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
  }
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of ports ?? []) port.protocol ??= 'TCP'
  }
}

export function defaultEndpointSlice(slice: DraftOf<EndpointSlice>): void {
  for (const port of slice.ports ?? []) {
    port.name ??= ''
    port.protocol ??= 'TCP'
  }
}
