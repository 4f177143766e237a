// Aggregation: APIServices followed, kept registered and available, and requests for what other
// servers serve passed on to them. In: the server's own routes. Out: routes that know all of them.

import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { methodNotAllowed } from '../answer.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { Family } from '../metrics/exposition.ts'
import type { Reader } from '../reader.ts'
import type { ServerRequest } from '../request.ts'
import type { Dialer, TlsIdentity } from '../streaming/backend.ts'
import { isAvailable, type RemoteService } from './api-service.ts'
import { ApiServices } from './api-services.ts'
import { createAvailabilityWatch } from './availability-watch.ts'
import { createProbe } from './probe.ts'
import { createRegistrar } from './registrar.ts'
import { builtinRegistrations } from './registrations.ts'
import { createRemoteDocuments } from './remote-documents.ts'
import { createRemoteListening } from './remote-listening.ts'
import { createRemoteProxy } from './remote-proxy.ts'

export interface AggregationOptions {
  readonly reader: Reader
  readonly dialer: Dialer
  /** The front proxy's client certificate. */
  readonly identity: TlsIdentity | undefined
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface Aggregation {
  readonly services: ApiServices
  /** What other servers serve goes there, everything else to `local`. */
  routes(local: RequestHandler): RequestHandler
  /** Names of this server's own that are not stored, or not available. */
  missing(): readonly string[]
  families(): readonly Family[]
  /** Resolves when every APIService that is stored now is known. */
  start(): Promise<{ readonly ended: Promise<unknown> }>
}

export function createAggregation(options: AggregationOptions): Aggregation {
  const { reader, dialer, identity, signal } = options
  const services = new ApiServices()
  const proxy = createRemoteProxy(options)
  const documents = createRemoteDocuments(proxy)
  const probe = createProbe(dialer, identity)
  const registrar = createRegistrar({ ...options, stored: services })
  const availability = createAvailabilityWatch({ ...options, services, probe })
  const listening = createRemoteListening({ ...options, services, documents })
  return {
    services,
    routes: (local) => (request) => {
      if (!services.hasRemotes) return local(request)
      const remote = remoteOf(services, request)
      return remote ? proxy(remote, request) : local(request)
    },
    missing: () =>
      builtinRegistrations()
        .map(({ metadata }) => metadata.name)
        .filter((name) => !isAvailable(services.get(name))),
    families: () => [
      {
        name: 'aggregator_unavailable_apiservice',
        type: 'gauge',
        help: 'APIServices that are not available, each 1.',
        samples: services.names().map((name) => ({
          labels: { name },
          value: isAvailable(services.get(name)) ? 0 : 1,
        })),
      },
    ],
    async start() {
      const following = await Promise.all([
        reader.follow(
          'APIService',
          (change) => {
            services.report(change)
            const name = (change.current ?? change.previous)?.metadata.name ?? ''
            for (const part of [registrar, availability, listening]) part.look(name)
          },
          signal,
        ),
        reader.follow('CustomResourceDefinition', registrar.reportDefinition, signal),
      ])
      const runs = [registrar.run(), availability.run(), listening.run()]
      return { ended: Promise.all([...runs, ...following.map(({ ended }) => ended)]) }
    },
  }
}

const openApiV3 = '/openapi/v3/apis/'

/** Also the group and version's own discovery and OpenAPI documents are its server's. */
function remoteOf(services: ApiServices, request: ServerRequest): RemoteService | undefined {
  const { info, path } = request
  if (info.isResourceRequest) return services.remoteOf(info.group, info.version)
  const [, root, first = '', second = '', ...rest] = path.replace(/\/+$/, '').split('/')
  if (root === 'apis' && rest.length === 0) return services.remoteOf(first, second)
  if (root === 'api' && second === '') return services.remoteOf('', first)
  if (!path.startsWith(openApiV3)) return undefined
  const [group = '', version = ''] = path.slice(openApiV3.length).split('/')
  // What a server does not have in this form is made here.
  if (!services.specs.v3.has(`apis/${group}/${version}`)) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
  return services.remoteOf(group, version)
}
