// What is said of Ingresses and NetworkPolicies. In: the object and what it was. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type { Ingress, NetworkPolicy } from '../types.gen.ts'
import { each } from '../validation/checks.ts'
import { child } from '../validation/field-path.ts'
import { blockWarnings } from './addresses.ts'

const ingressClass = 'kubernetes.io/ingress.class'

export function ingressWarnings(
  { metadata }: DraftOf<Ingress>,
  previous: DraftOf<Ingress> | undefined,
): string[] {
  if (previous || metadata?.annotations?.[ingressClass] === undefined) return []
  return [`annotation "${ingressClass}" is deprecated, please use 'spec.ingressClassName' instead`]
}

type Peers = NonNullable<NonNullable<DraftOf<NetworkPolicy>['spec']>['ingress']>[number]['from']

export function networkPolicyWarnings({ spec }: DraftOf<NetworkPolicy>): string[] {
  return all(
    each(spec?.ingress, 'spec.ingress', ({ from }, path) => peerWarnings(from, `${path}.from`)),
    each(spec?.egress, 'spec.egress', ({ to }, path) => peerWarnings(to, `${path}.to`)),
  )
}

function peerWarnings(peers: Peers, path: string): string[] {
  return each(peers, path, ({ ipBlock }, place) =>
    all(
      blockWarnings(ipBlock?.cidr ?? '', child(place, 'ipBlock', 'cidr')),
      each(ipBlock?.except, child(place, 'ipBlock', 'except'), blockWarnings),
    ),
  )
}
