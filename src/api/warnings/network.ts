// What is said of Ingresses and NetworkPolicies. In: the object and what it was. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { Ingress, NetworkPolicy } from '../types.gen.ts'
import { at } from '../validation/field-path.ts'
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
  const { ingress = [], egress = [] } = spec ?? {}
  return [
    ...ingress.flatMap(({ from }, index) => peerWarnings(from, `spec.ingress[${index}].from`)),
    ...egress.flatMap(({ to }, index) => peerWarnings(to, `spec.egress[${index}].to`)),
  ]
}

function peerWarnings(peers: Peers, path: string): string[] {
  return (peers ?? []).flatMap(({ ipBlock }, index) => {
    const place = `${at(path, index)}.ipBlock`
    const { cidr = '', except = [] } = ipBlock ?? {}
    return [
      ...blockWarnings(cidr, `${place}.cidr`),
      ...except.flatMap((block, each) => blockWarnings(block, at(`${place}.except`, each))),
    ]
  })
}
