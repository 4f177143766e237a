// Endpoints: what the plan needs to see, gathered from the listers.

import type { Controller } from '../../client/controller.ts'
import { podsBehind, servicesOf } from '../service-pods.ts'
import { type Observed, planEndpoints } from './plan.ts'

export const endpointsController: Controller<Observed> = {
  name: 'endpoint-controller',
  reconciles: 'Service',
  triggers: {
    Pod: servicesOf,
    Endpoints: ({ previous, current }) => {
      const object = current ?? previous
      return object ? [object.metadata] : []
    },
  },
  observe(key, listers) {
    const service = listers.Service.get(key)
    const current = listers.Endpoints.get(key)
    if (!service) {
      // Endpoints made by hand for a Service yet to come are not ours to delete.
      const isOurs = current?.metadata.labels?.['endpoints.kubernetes.io/managed-by']
      return isOurs ? { service, pods: [], current } : undefined
    }
    return { service, pods: podsBehind(service, listers), current }
  },
  plan: planEndpoints,
}
