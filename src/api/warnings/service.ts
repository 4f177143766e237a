// What is said of a Service: fields without effect, and addresses in odd forms. In: the Service.
// Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type { Service } from '../types.gen.ts'
import { each, when } from '../validation/checks.ts'
import { addressWarnings, blockWarnings } from './addresses.ts'

const oldTopology = 'service.kubernetes.io/topology-aware-hints'
const topology = 'service.kubernetes.io/topology-mode'

export function serviceWarnings({ metadata, spec = {} }: DraftOf<Service>): string[] {
  const { type, clusterIP, clusterIPs, externalIPs, loadBalancerIP } = spec
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const isOld = metadata?.annotations?.[oldTopology] !== undefined
  const hasExternal = (externalIPs?.length ?? 0) > 0
  return all(
    when(isOld, `annotation ${oldTopology} is deprecated, please use ${topology} instead`),
    each(clusterIPs, 'spec.clusterIPs', addressWarnings),
    isHeadless ? headlessWarnings(spec) : [],
    each(externalIPs, 'spec.externalIPs', addressWarnings),
    when(hasExternal && !isHeadless && type !== 'ExternalName', externalIpsGo),
    addressWarnings(loadBalancerIP ?? '', 'spec.loadBalancerIP'),
    each(spec.loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', blockWarnings),
    typeWarnings(spec),
  )
}

const externalIpsGo =
  'spec.externalIPs is deprecated and may no longer be implemented in some clusters'

type Spec = NonNullable<DraftOf<Service>['spec']>

function headlessWarnings({ loadBalancerIP, externalIPs, sessionAffinity }: Spec): string[] {
  return all(
    when(loadBalancerIP, 'spec.loadBalancerIP is ignored for headless services'),
    when(externalIPs?.length, 'spec.externalIPs is ignored for headless services'),
    when(sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'),
  )
}

function typeWarnings({ type, externalIPs, externalName, trafficDistribution }: Spec): string[] {
  const isExternal = type === 'ExternalName'
  return all(
    when(
      isExternal && externalIPs?.length,
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ),
    when(
      !isExternal && externalName,
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
    when(
      trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  )
}
