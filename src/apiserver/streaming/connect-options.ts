// Connections as admission sees them: operation CONNECT, with the options of the query as object.

import type { Draft } from '../../api/draft.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { Admit } from '../registry/admit.ts'
import type { ServerRequest } from '../request.ts'
import { isTrue } from '../request-info.ts'

type Options = (request: ServerRequest) => Draft

const flags = ['stdin', 'stdout', 'stderr', 'tty'] as const

const streams: Options = ({ query }) => {
  const container = query.get('container')
  return {
    ...Object.fromEntries(
      flags.filter((name) => isTrue(query.get(name))).map((one) => [one, true]),
    ),
    ...(container && { container }),
  }
}

/** What follows the subresource in the path, with its slashes. */
const subPath: Options = ({ info }) => {
  const path = info.rest.length > 0 ? `/${info.rest.join('/')}` : ''
  const isFolder = info.path.endsWith('/') && !path.endsWith('/')
  return path || isFolder ? { path: isFolder ? `${path}/` : path } : {}
}

/** By route: the kind of the options and what they hold. */
const kinds: Readonly<Record<string, readonly [string, Options]>> = {
  '/pods/exec': [
    'PodExecOptions',
    (request) => {
      const command = request.query.getAll('command')
      return { ...streams(request), ...(command.length > 0 && { command }) }
    },
  ],
  '/pods/attach': ['PodAttachOptions', streams],
  '/pods/portforward': [
    'PodPortForwardOptions',
    ({ query }) => {
      const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number))
      return ports.length > 0 ? { ports } : {}
    },
  ],
  '/pods/proxy': ['PodProxyOptions', subPath],
  '/services/proxy': ['ServiceProxyOptions', subPath],
  '/nodes/proxy': ['NodeProxyOptions', subPath],
}

/** By GET too, as WebSockets do, these are for who may create: they run things. */
const forCreators: ReadonlySet<string> = new Set([
  '/pods/exec',
  '/pods/attach',
  '/pods/portforward',
])

export interface ConnectGuards {
  readonly admit: Admit
  /** Throws Forbidden unless the user may create what the request names. */
  readonly assertMayCreate: (request: ServerRequest) => void
}

/** The same routes, each asking admission first; those that are no connections stay as they are. */
export function admitConnections(
  routes: Readonly<Record<string, RequestHandler>>,
  guards: ConnectGuards,
): Readonly<Record<string, RequestHandler>> {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [route, admitted(route, handler, guards)]),
  )
}

function admitted(
  route: string,
  handler: RequestHandler,
  { admit, assertMayCreate }: ConnectGuards,
): RequestHandler {
  const options = kinds[route]
  if (!options) return handler
  const [kind, optionsOf] = options
  return async (request) => {
    const object = { kind, apiVersion: 'v1', ...optionsOf(request) }
    await admit(request, { operation: 'CONNECT', object })
    if (forCreators.has(route)) assertMayCreate(request)
    return handler(request)
  }
}
