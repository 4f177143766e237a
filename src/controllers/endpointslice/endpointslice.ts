// EndpointSlices: what the plan needs to see, gathered from the listers.

import type { ObjectKey } from '../../api/meta.ts'
import type { EndpointSlice } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import type { ObjectChange } from '../../client/informer.ts'
import { podsBehind, servicesOf } from '../service-pods.ts'
import { managedByLabel, serviceNameLabel } from '../slices.ts'
import { managedBy, type Observed, planEndpointSlices } from './plan.ts'

export const endpointSliceController: Controller<Observed> = {
  name: 'endpoint-slice-controller',
  reconciles: 'Service',
  triggers: { Pod: servicesOf, EndpointSlice: (change) => serviceOfSlice(change, managedBy) },
  reads: ['Node'],
  observe(key, listers) {
    const service = listers.Service.get(key)
    if (!service) return undefined
    const selector = { matchLabels: { [serviceNameLabel]: key.name, [managedByLabel]: managedBy } }
    return {
      service,
      pods: podsBehind(service, listers),
      node: (name) => listers.Node.get({ name }),
      slices: listers.EndpointSlice.matching(key.namespace ?? '', selector),
    }
  },
  plan: planEndpointSlices,
}

/** The key of the Service (or Endpoints) that a slice of this maker belongs to. */
export function serviceOfSlice(
  { previous, current }: ObjectChange<EndpointSlice>,
  maker: string,
): readonly ObjectKey[] {
  return [previous, current].flatMap((slice) => {
    const { labels = {}, namespace } = slice?.metadata ?? {}
    const name = labels[serviceNameLabel]
    if (!name || !namespace || labels[managedByLabel] !== maker) return []
    return [{ namespace, name }]
  })
}
