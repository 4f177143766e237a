// EndpointSlice mirroring: what the plan needs to see, gathered from the listers.

import type { Endpoints, Service } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { serviceOfSlice } from '../endpointslice/endpointslice.ts'
import { managedByLabel, serviceNameLabel } from '../slices.ts'
import { managedBy, type Observed, planMirroring } from './plan.ts'

const skipLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'

export const endpointSliceMirroringController: Controller<Observed> = {
  name: 'endpoint-slice-mirroring-controller',
  reconciles: 'Endpoints',
  triggers: {
    Service: ({ previous, current }) => {
      const service = current ?? previous
      return service ? [service.metadata] : []
    },
    EndpointSlice: (change) => serviceOfSlice(change, managedBy),
  },
  observe(key, { Endpoints, Service, EndpointSlice }) {
    const endpoints = Endpoints.get(key)
    const service = Service.get(key)
    const selector = { matchLabels: { [serviceNameLabel]: key.name, [managedByLabel]: managedBy } }
    const slices = EndpointSlice.matching(key.namespace ?? '', selector)
    const isMirrored = endpoints && isByHand(endpoints) && service && hasNoPods(service)
    return { endpoints: isMirrored ? endpoints : undefined, slices }
  },
  plan: planMirroring,
}

function isByHand({ metadata }: Endpoints): boolean {
  return (
    metadata.labels?.[skipLabel] !== 'true' &&
    metadata.annotations?.[leaderAnnotation] === undefined &&
    metadata.deletionTimestamp === undefined
  )
}

const hasNoPods = ({ spec }: Service) => spec.selector === undefined
