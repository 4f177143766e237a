// The variables by which a container finds Services made before it: NAME_SERVICE_HOST and the
// Docker link names. In: the Services of a namespace. Out: variables, in order. Pure.

import type { Service, ServicePort } from '../../api/types.gen.ts'

export interface Variable {
  readonly key: string
  readonly value: string
}

/**
 * What a Pod of `namespace` gets: the API server's Service always, the others of its namespace
 * with enableServiceLinks.
 */
export function serviceEnv(
  services: readonly Service[],
  namespace: string,
  hasLinks: boolean,
): readonly Variable[] {
  const isApi = ({ metadata }: Service) =>
    metadata.name === 'kubernetes' && metadata.namespace === 'default'
  const own = services.filter(
    (service) => hasLinks && service.metadata.namespace === namespace && !isApi(service),
  )
  const api = services.filter(
    (service) => isApi(service) && !own.some(({ metadata }) => metadata.name === 'kubernetes'),
  )
  return [...api, ...own].filter(hasAddress).flatMap(variables)
}

function hasAddress({ spec }: Service): boolean {
  return Boolean(spec.clusterIP) && spec.clusterIP !== 'None' && spec.type !== 'ExternalName'
}

function variables({ metadata, spec }: Service): readonly Variable[] {
  const { clusterIP: address = '', ports = [] } = spec
  const [first] = ports
  if (!first) return []
  const name = shout(metadata.name)
  return [
    { key: `${name}_SERVICE_HOST`, value: address },
    { key: `${name}_SERVICE_PORT`, value: `${first.port}` },
    ...ports
      .filter((port) => port.name)
      .map((port) => ({
        key: `${name}_SERVICE_PORT_${shout(port.name ?? '')}`,
        value: `${port.port}`,
      })),
    { key: `${name}_PORT`, value: url(first, address) },
    ...ports.flatMap((port) => link(name, port, address)),
  ]
}

function link(name: string, port: ServicePort, address: string): readonly Variable[] {
  const protocol = port.protocol ?? 'TCP'
  const prefix = `${name}_PORT_${port.port}_${protocol}`
  return [
    { key: prefix, value: url(port, address) },
    { key: `${prefix}_PROTO`, value: protocol.toLowerCase() },
    { key: `${prefix}_PORT`, value: `${port.port}` },
    { key: `${prefix}_ADDR`, value: address },
  ]
}

function url({ protocol = 'TCP', port }: ServicePort, address: string): string {
  return `${protocol.toLowerCase()}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

function shout(name: string): string {
  return name.replaceAll('-', '_').toUpperCase()
}
