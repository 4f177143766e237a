// Plan: what an APIService says of being available, from what is known of its Service. Source of
// the reasons and messages: kube-aggregator's availability controllers.

import type {
  APIService,
  APIServiceCondition,
  EndpointSlice,
  Service,
} from '../../api/types.gen.ts'
import { availableType } from './api-service.ts'

export interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export interface Backing {
  readonly service: Service | undefined
  readonly slices: readonly EndpointSlice[]
}

export const local: Verdict = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}

export const passed: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' }

export function failedDiscovery(message: string): Verdict {
  return { status: 'False', reason: 'FailedDiscoveryCheck', message }
}

/** Undefined when the server itself must be asked. */
export function availabilityOf(
  { spec }: APIService,
  { service, slices }: Backing,
): Verdict | undefined {
  if (!spec.service) return local
  const { namespace = '', name = '', port = 443 } = spec.service
  const place = `service/${name} in ${JSON.stringify(namespace)}`
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message })
  if (!service) return no('ServiceNotFound', `${place} is not present`)
  if ((service.spec.type ?? 'ClusterIP') !== 'ClusterIP') return undefined
  const declared = service.spec.ports?.find((candidate) => candidate.port === port)
  if (!declared) return no('ServicePortError', `${place} is not listening on port ${port}`)
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${place}`)
  const portName = declared.name ?? ''
  if (slices.some((slice) => hasEndpoint(slice, portName))) return undefined
  const missing = `have no addresses with port name ${JSON.stringify(portName)}`
  return no('MissingEndpoints', `endpointslices for ${place} ${missing}`)
}

function hasEndpoint({ endpoints = [], ports = [] }: EndpointSlice, portName: string): boolean {
  return (
    endpoints.some(({ conditions }) => conditions?.ready !== false) &&
    ports.some(({ name = '', port }) => name === portName && port !== undefined)
  )
}

/** The conditions with the verdict in them; undefined where they say so already. */
export function withVerdict(
  { status }: APIService,
  { status: state, reason, message }: Verdict,
  now: Date,
): readonly APIServiceCondition[] | undefined {
  const conditions = status?.conditions ?? []
  const before = conditions.find(({ type }) => type === availableType)
  if (before?.status === state && before.reason === reason && before.message === message)
    return undefined
  const since = before?.status === state ? before.lastTransitionTime : undefined
  const next = {
    type: availableType,
    status: state,
    reason,
    message,
    lastTransitionTime: since ?? `${now.toISOString().slice(0, 19)}Z`,
  }
  return before
    ? conditions.map((condition) => (condition === before ? next : condition))
    : [...conditions, next]
}
