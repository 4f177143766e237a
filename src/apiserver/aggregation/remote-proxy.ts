// One request passed on to the server that an APIService names, in the name of whoever asks.
// In: the request, its user settled. Out: what that server answers, streams and upgrades too.

import { StatusError } from '../../api/status-error.ts'
import { textAnswer } from '../answer.ts'
import { userOf } from '../chain-request.ts'
import type { Reader } from '../reader.ts'
import type { ServerAnswer, ServerRequest, ServerResponse } from '../request.ts'
import type { Backend, Dialer, TlsIdentity } from '../streaming/backend.ts'
import { isUpgrade, returnedHeaders } from '../streaming/headers.ts'
import { networkText } from '../streaming/network-text.ts'
import type { RemoteService, ServicePlace } from './api-service.ts'
import { identityHeaders } from './identity-headers.ts'
import { serviceTarget, type Target } from './service-target.ts'

export interface RemoteProxyOptions {
  readonly reader: Pick<Reader, 'get'>
  readonly dialer: Dialer
  /** The front proxy's client certificate, by which the other server believes who asks. */
  readonly identity: TlsIdentity | undefined
}

export type RemoteProxy = (remote: RemoteService, request: ServerRequest) => Promise<ServerResponse>

export function createRemoteProxy(options: RemoteProxyOptions): RemoteProxy {
  const { dialer } = options
  return async (remote, request) => {
    if (!remote.isAvailable) return unavailable()
    const target = await resolve(options, remote.service)
    if (!target) return unavailable()
    const backend = backendOf(remote, target, { request, identity: options.identity })
    const path = request.query.size > 0 ? `${request.path}?${request.query}` : request.path
    try {
      if (isUpgrade(request)) return await dialer.upgrade(backend, path, request)
      return passedBack(await dialer.send(backend, path, request))
    } catch (error) {
      if (error instanceof StatusError) throw error
      return textAnswer(503, `${networkText(error, `${target.host}:${target.port}`)}\n`)
    }
  }
}

/** Undefined while nothing can be reached there. */
async function resolve(
  { reader }: RemoteProxyOptions,
  place: ServicePlace,
): Promise<Target | undefined> {
  const service = await reader.get('Service', place)
  try {
    return serviceTarget(service, place)
  } catch {
    return undefined
  }
}

function unavailable(): ServerAnswer {
  return textAnswer(503, 'service unavailable\n')
}

interface Asking {
  readonly request: ServerRequest
  readonly identity: TlsIdentity | undefined
}

function backendOf(
  { ca, isVerified, service }: RemoteService,
  { host, port }: Target,
  { request, identity }: Asking,
): Backend {
  return {
    ...{ scheme: 'https', host, port },
    serverName: `${service.name}.${service.namespace}.svc`,
    isVerified,
    identity: { cert: identity?.cert ?? '', key: identity?.key ?? '', ...(ca && { ca }) },
    headers: {
      ...identityHeaders(userOf(request)),
      ...(request.auditId && { 'audit-id': request.auditId }),
    },
  }
}

function passedBack(message: Awaited<ReturnType<Dialer['send']>>): ServerAnswer {
  const setCookies = message.headers['set-cookie']
  return {
    status: message.statusCode ?? 502,
    headers: returnedHeaders(message.headers),
    ...(setCookies && { setCookies }),
    body: message,
  }
}
