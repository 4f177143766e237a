// How much of a quota's resources one object uses. In: an object of any kind. Out: amounts by the
// names that quotas use: pods, requests.cpu, services.nodeports, count/deployments.apps, ...

import { type Draft, draftAs } from '../draft.ts'
import { aggregateContainers } from '../pod-resources.ts'
import type { PersistentVolumeClaim, Pod, Service } from '../types.gen.ts'

export interface CountedKind {
  readonly group: string
  readonly plural: string
}

export type Usage = Readonly<Record<string, string>>

/** Kinds that have a count by their plain plural, from before count/ existed. */
const countedByPlural = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
])

export function usageOf({ group, plural }: CountedKind, object: object): Usage {
  const counts = { [group ? `count/${plural}.${group}` : `count/${plural}`]: '1' }
  if (group !== '') return counts
  const draft = object as Draft
  const own = countedByPlural.has(plural) ? { [plural]: '1' } : {}
  if (plural === 'pods') return podUsage(draft, counts)
  if (plural === 'services') return { ...counts, ...own, ...serviceUsage(draft) }
  if (plural === 'persistentvolumeclaims') return { ...counts, ...own, ...claimUsage(draft) }
  return { ...counts, ...own }
}

/** A Pod that is done uses nothing but its place among the objects. */
function podUsage(object: Draft, counts: Usage): Usage {
  const { spec = {}, status } = draftAs<Pod>(object)
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return counts
  const requests = aggregateContainers(spec, 'requests')
  const limits = aggregateContainers(spec, 'limits')
  return {
    ...counts,
    pods: '1',
    ...named(requests, ''),
    ...named(requests, 'requests.'),
    ...named(limits, 'limits.'),
  }
}

function named(amounts: Usage, prefix: string): Usage {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [prefix + name, amount]),
  )
}

function serviceUsage(object: Draft): Usage {
  const { spec = {} } = draftAs<Service>(object)
  const ports = String(spec.ports?.length ?? 0)
  const hasPorts = spec.allocateLoadBalancerNodePorts !== false
  if (spec.type === 'NodePort') return { 'services.nodeports': ports }
  if (spec.type !== 'LoadBalancer') return {}
  return { 'services.loadbalancers': '1', 'services.nodeports': hasPorts ? ports : '0' }
}

function claimUsage(object: Draft): Usage {
  const { spec } = draftAs<PersistentVolumeClaim>(object)
  const storage = spec?.resources?.requests?.['storage'] ?? '0'
  const ofClass = spec?.storageClassName
  const prefix = `${ofClass}.storageclass.storage.k8s.io/`
  return {
    'requests.storage': storage,
    ...(ofClass && {
      [`${prefix}requests.storage`]: storage,
      [`${prefix}persistentvolumeclaims`]: '1',
    }),
  }
}

const perContainer = [
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]

/** Where CPU or memory is limited, every container must say how much it wants. */
export function missingConstraints(
  { group, plural }: CountedKind,
  object: object,
  limited: readonly string[],
): readonly string[] {
  if (group !== '' || plural !== 'pods') return []
  const { containers = [], initContainers = [] } = draftAs<Pod>(object as Draft).spec ?? {}
  return perContainer
    .filter((name) => limited.includes(name))
    .toSorted()
    .flatMap((name) => {
      const amounts = name.startsWith('limits.') ? 'limits' : 'requests'
      const resource = name.split('.').at(-1) ?? name
      const lacking = [...containers, ...initContainers]
        .filter(({ resources }) => resources?.[amounts]?.[resource] === undefined)
        .map((container) => container.name)
      return lacking.length > 0 ? [`${name} for: ${lacking.toSorted().join(',')}`] : []
    })
}
