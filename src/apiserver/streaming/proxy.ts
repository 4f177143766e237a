// pods, services and nodes /proxy: any request passed on to a Pod, an endpoint or a kubelet.

import type { IncomingMessage } from 'node:http'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { StatusError } from '../../api/status-error.ts'
import type { Random } from '../../lib/random.ts'
import { headerOf, type RequestHandler } from '../chain-request.ts'
import type { ServerAnswer, ServerRequest, ServerResponse } from '../request.ts'
import type { Backend } from './backend.ts'
import { isUpgrade, returnedHeaders } from './headers.ts'
import { kubeletOf } from './kubelet-location.ts'
import type { StreamOptions } from './pod-streams.ts'
import { podBackend, proxyName, serviceBackend } from './proxy-location.ts'
import { type LinkContext, rewriteHtmlStream, rewriteLink } from './rewrite-links.ts'

export interface ProxyOptions extends StreamOptions {
  readonly random: Random
}

type Locate = (options: ProxyOptions, request: ServerRequest) => Promise<Backend>

export function proxyRoutes(options: ProxyOptions): Readonly<Record<string, RequestHandler>> {
  const serve =
    (locate: Locate): RequestHandler =>
    (request) =>
      proxy(locate, options, request)
  return {
    '/pods/proxy': serve(locatePod),
    '/services/proxy': serve(locateService),
    '/nodes/proxy': serve(locateNode),
  }
}

const locatePod: Locate = async ({ reader }, { info }) => {
  const named = proxyName(info.name, 'pod')
  const pod = await reader.get('Pod', { namespace: info.namespace, name: named.name })
  if (!pod) throw notFound('pods', named.name)
  return podBackend(pod, named)
}

const locateService: Locate = async ({ reader, random }, { info }) => {
  const named = proxyName(info.name, 'service')
  const key = { namespace: info.namespace, name: named.name }
  const service = await reader.get('Service', key)
  if (!service) throw notFound('services', named.name)
  return serviceBackend(named, { service, endpoints: await reader.get('Endpoints', key), random })
}

const locateNode: Locate = async ({ reader, identity }, { info }) => {
  const { scheme, name, port } = proxyName(info.name, 'node')
  const node = await reader.get('Node', { name })
  if (!node) throw notFound('nodes', name)
  const kubelet = kubeletOf(node, identity)
  if (!port || Number(port) === kubelet.port) return kubelet
  return { scheme: scheme || 'http', host: kubelet.host, port: Number(port) }
}

async function proxy(
  locate: Locate,
  options: ProxyOptions,
  request: ServerRequest,
): Promise<ServerResponse> {
  const { prefix, path } = splitPath(request)
  const query = request.query.size > 0 ? `?${request.query}` : ''
  if (!path && (request.method === 'GET' || request.method === 'HEAD'))
    return redirect(`${prefix}/${query}`)
  const backend = await locate(options, request)
  const target = `${path || '/'}${query}`
  if (isUpgrade(request)) return options.dialer.upgrade(backend, target, request).catch(unreachable)
  const message = await options.dialer.send(backend, target, request).catch(unreachable)
  const serverHost = headerOf(request, 'host') ?? headerOf(request, ':authority') ?? ''
  const backendHost = `${backend.host}:${backend.port}`
  return passedBack(message, { prefix, backendHost, serverHost })
}

/** The path as sent, cut behind `proxy`; what follows keeps its percent-encoding. */
function splitPath({ path, info }: ServerRequest): { prefix: string; path: string } {
  const before = info.namespace ? 8 : 6
  const segments = path.split('/')
  const rest = segments.slice(before)
  return {
    prefix: segments.slice(0, before).join('/'),
    path: rest.length > 0 ? `/${rest.join('/')}` : '',
  }
}

function redirect(location: string): ServerAnswer {
  return { status: 301, headers: { location }, body: new Uint8Array() }
}

function passedBack(message: IncomingMessage, context: LinkContext): ServerAnswer {
  const headers = returnedHeaders(message.headers)
  if (headers['location']) headers['location'] = rewriteLink(headers['location'], context)
  const setCookies = message.headers['set-cookie']
  const answer = {
    status: message.statusCode ?? 502,
    headers,
    ...(setCookies && { setCookies }),
  }
  if (!headers['content-type']?.includes('text/html')) return { ...answer, body: message }
  const encoding = headers['content-encoding'] ?? ''
  delete headers['content-length']
  delete headers['content-encoding']
  return { ...answer, body: rewriteHtmlStream(unpacked(message, encoding), context) }
}

function unpacked(message: IncomingMessage, encoding: string): AsyncIterable<Uint8Array> {
  if (encoding === 'gzip') return message.pipe(createGunzip())
  if (encoding === 'deflate') return message.pipe(createInflate())
  if (encoding === 'br') return message.pipe(createBrotliDecompress())
  return message
}

function unreachable(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error)
  throw new StatusError('ServiceUnavailable', `error trying to reach service: ${reason}`)
}

function notFound(kind: string, name: string): StatusError {
  return new StatusError('NotFound', `${kind} ${JSON.stringify(name)} not found`, { name, kind })
}
