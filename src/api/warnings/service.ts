// What is said of a Service: fields without effect, and addresses in odd forms. In: the Service.
// Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { Service } from '../types.gen.ts'
import { at } from '../validation/field-path.ts'
import { addressesWarnings, addressWarnings, blockWarnings } from './addresses.ts'

const oldTopology = 'service.kubernetes.io/topology-aware-hints'
const topology = 'service.kubernetes.io/topology-mode'

export function serviceWarnings({ metadata, spec = {} }: DraftOf<Service>): string[] {
  const { type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP = '' } = spec
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const isOld = metadata?.annotations?.[oldTopology] !== undefined
  const hasIp = clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None'
  return [
    ...(isOld ? [`annotation ${oldTopology} is deprecated, please use ${topology} instead`] : []),
    ...(hasIp ? addressesWarnings(clusterIPs, 'spec.clusterIPs') : []),
    ...(isHeadless ? headlessWarnings(spec) : []),
    ...addressesWarnings(externalIPs, 'spec.externalIPs'),
    ...(externalIPs.length > 0 && !isHeadless && type !== 'ExternalName' ? [externalIpsGo] : []),
    ...(loadBalancerIP ? addressWarnings(loadBalancerIP, 'spec.loadBalancerIP') : []),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((cidr, index) =>
      blockWarnings(cidr, at('spec.loadBalancerSourceRanges', index)),
    ),
    ...typeWarnings(spec),
  ]
}

const externalIpsGo =
  'spec.externalIPs is deprecated and may no longer be implemented in some clusters'

type Spec = NonNullable<DraftOf<Service>['spec']>

function headlessWarnings({ loadBalancerIP, externalIPs = [], sessionAffinity }: Spec): string[] {
  return [
    ...(loadBalancerIP ? ['spec.loadBalancerIP'] : []),
    ...(externalIPs.length > 0 ? ['spec.externalIPs'] : []),
    ...(sessionAffinity === 'None' ? [] : ['spec.SessionAffinity']),
  ].map((field) => `${field} is ignored for headless services`)
}

function typeWarnings({ type, externalIPs = [], externalName, trafficDistribution }: Spec) {
  const isExternal = type === 'ExternalName'
  return [
    ...(isExternal && externalIPs.length > 0
      ? ['spec.externalIPs is ignored when spec.type is "ExternalName"']
      : []),
    ...(!isExternal && externalName
      ? ['spec.externalName is ignored when spec.type is not "ExternalName"']
      : []),
    ...(trafficDistribution === 'PreferClose'
      ? ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']
      : []),
  ]
}
