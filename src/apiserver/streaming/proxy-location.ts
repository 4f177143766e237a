// What a proxy path names: [scheme:]NAME[:port], and for Services the endpoint behind it. Pure.

import { StatusError } from '../../api/status-error.ts'
import type { Endpoints, Pod, Service } from '../../api/types.gen.ts'
import type { Random } from '../../lib/random.ts'
import type { Backend } from './backend.ts'

export interface ProxyName {
  readonly scheme: 'http' | 'https' | ''
  readonly name: string
  readonly port: string
}

/** NAME, NAME:PORT or SCHEME:NAME:PORT, where the port may be empty. */
export function proxyName(text: string, kind: string): ProxyName {
  const parts = text.split(':')
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts]
  const valid =
    parts.length <= 3 && name && (scheme === '' || scheme === 'http' || scheme === 'https')
  if (!valid) throw new StatusError('BadRequest', `invalid ${kind} request ${JSON.stringify(text)}`)
  return { scheme, name, port }
}

export function podBackend({ spec, status }: Pod, { scheme, port }: ProxyName): Backend {
  const declared = spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort
  const host = status?.podIPs?.[0]?.ip ?? status?.podIP
  if (!host || host.startsWith('127.')) throw new StatusError('BadRequest', 'address not allowed')
  const chosen = scheme || 'http'
  const usual = chosen === 'https' ? 443 : 80
  return { scheme: chosen, host, port: Number(port || declared || usual) }
}

export interface ServiceParts {
  readonly service: Service
  readonly endpoints: Endpoints | undefined
  readonly random: Random
}

export function serviceBackend(named: ProxyName, { service, endpoints, random }: ServiceParts) {
  const { name } = service.metadata
  const portName = servicePortName(service, named.port)
  const choices = (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    const port = ports.find((candidate) => (candidate.name ?? '') === portName)
    return port ? addresses.map(({ ip }) => ({ host: ip, port: port.port })) : []
  })
  const chosen = choices[random.below(Math.max(choices.length, 1))]
  if (!chosen)
    throw new StatusError(
      'ServiceUnavailable',
      `no endpoints available for service ${JSON.stringify(name)}`,
    )
  return { scheme: named.scheme || 'http', ...chosen } satisfies Backend
}

function servicePortName({ metadata, spec }: Service, port: string): string {
  if (!/^\d+$/.test(port)) return port
  const found = spec.ports?.find((candidate) => candidate.port === Number(port))
  if (found) return found.name ?? ''
  throw new StatusError(
    'ServiceUnavailable',
    `no service port ${port} found for service ${JSON.stringify(metadata.name)}`,
  )
}
