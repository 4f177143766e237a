// pods/log, exec, attach and portforward: passed on to the kubelet of the Pod's node.

import type { IncomingMessage } from 'node:http'
import { StatusError } from '../../api/status-error.ts'
import type { Node, Pod } from '../../api/types.gen.ts'
import { methodNotAllowed } from '../answer.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { Reader } from '../reader.ts'
import type { ServerRequest, ServerResponse } from '../request.ts'
import type { Backend, Dialer, TlsIdentity } from './backend.ts'
import { isUpgrade } from './headers.ts'
import { kubeletOf, logPath, type StreamKind, streamPath } from './kubelet-location.ts'

export interface StreamOptions {
  readonly reader: Reader
  readonly dialer: Dialer
  /** The client certificate that kubelets know. */
  readonly identity: TlsIdentity | undefined
}

export function podStreamRoutes(options: StreamOptions): Readonly<Record<string, RequestHandler>> {
  return {
    '/pods/log': (request) => serveLog(options, request),
    '/pods/exec': (request) => serveStream('exec', options, request),
    '/pods/attach': (request) => serveStream('attach', options, request),
    '/pods/portforward': (request) => serveStream('portforward', options, request),
  }
}

async function serveLog(options: StreamOptions, request: ServerRequest): Promise<ServerResponse> {
  if (request.method !== 'GET') throw methodNotAllowed()
  const pod = await podOf(options.reader, request)
  const path = logPath(pod, request.query)
  const type = { 'content-type': 'text/plain' }
  // Nothing has been logged by a Pod that is nowhere yet.
  if (!pod.spec.nodeName) return { status: 200, headers: type, body: new Uint8Array() }
  const backend = await kubelet(options, pod.spec.nodeName)
  const message = await options.dialer.send(backend, path, request).catch(dialingFailed)
  if ((message.statusCode ?? 500) >= 300) throw await kubeletError(message, pod)
  return { status: 200, headers: type, body: message }
}

async function serveStream(
  kind: StreamKind,
  options: StreamOptions,
  request: ServerRequest,
): Promise<ServerResponse> {
  if (request.method !== 'GET' && request.method !== 'POST') throw methodNotAllowed()
  const pod = await podOf(options.reader, request)
  const path = streamPath(kind, pod, request.query)
  if (!pod.spec.nodeName)
    throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`)
  if (!isUpgrade(request)) throw new StatusError('BadRequest', 'Upgrade request required')
  const backend = await kubelet(options, pod.spec.nodeName)
  return options.dialer.upgrade(backend, path, request).catch(dialingFailed)
}

async function podOf(reader: Reader, { info }: ServerRequest): Promise<Pod> {
  const { namespace, name } = info
  const pod = await reader.get('Pod', { namespace, name })
  if (pod) return pod
  const message = `pods ${JSON.stringify(name)} not found`
  throw new StatusError('NotFound', message, { name, kind: 'pods' })
}

async function kubelet({ reader, identity }: StreamOptions, nodeName: string): Promise<Backend> {
  const node: Node | undefined = await reader.get('Node', { name: nodeName })
  if (node) return kubeletOf(node, identity)
  const message = `nodes ${JSON.stringify(nodeName)} not found`
  throw new StatusError('NotFound', message, { name: nodeName, kind: 'nodes' })
}

function dialingFailed(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error)
  throw new StatusError('InternalError', `error dialing backend: ${reason}`, {
    causes: [{ message: `error dialing backend: ${reason}` }],
  })
}

/** Enough for the one sentence a kubelet answers with. */
const errorTextLimit = 2048

async function kubeletError(message: IncomingMessage, pod: Pod): Promise<StatusError> {
  let text = ''
  for await (const chunk of message) if (text.length < errorTextLimit) text += chunk
  const reason = text.slice(0, errorTextLimit).trim()
  if (message.statusCode === 400) return new StatusError('BadRequest', reason)
  if (message.statusCode === 404)
    return new StatusError(
      'NotFound',
      `the server could not find the requested resource ( pods/log ${pod.metadata.name})`,
      {
        name: pod.metadata.name,
        kind: 'pods/log',
        causes: [{ reason: 'UnexpectedServerResponse', message: reason }],
      },
    )
  return new StatusError('InternalError', `Internal error occurred: ${reason}`, {
    causes: [{ message: reason }],
  })
}
