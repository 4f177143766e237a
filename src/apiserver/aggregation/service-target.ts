// Where a Service is reached from here: its ClusterIP, behind which are the endpoints that are
// ready, or the name outside that it stands for. Pure. Throws Unreachable with what is wrong.

import type { Service } from '../../api/types.gen.ts'
import type { ServicePlace } from './api-service.ts'

export class Unreachable extends Error {}

export interface Target {
  readonly host: string
  readonly port: number
}

export function serviceTarget(service: Service | undefined, place: ServicePlace): Target {
  const { name, port } = place
  if (!service) throw new Unreachable(`service ${JSON.stringify(name)} not found`)
  const { type = 'ClusterIP', clusterIP = '', externalName = '', ports = [] } = service.spec
  if (type === 'ExternalName') return { host: externalName, port }
  if (clusterIP === '' || clusterIP === 'None')
    throw new Unreachable(`cannot route to service with ClusterIP ${JSON.stringify(clusterIP)}`)
  if (!ports.some((declared) => declared.port === port))
    throw new Unreachable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  return { host: clusterIP, port }
}
