// Two resources of the first days that are served without being stored: POST bindings, which is a
// Pod's binding under another path, and componentstatuses, where all components are this server.

import { StatusError } from '../../api/status-error.ts'
import type { ComponentStatus } from '../../api/types.gen.ts'
import { jsonAnswer, methodNotAllowed } from '../answer.ts'
import { headerOf, type RequestHandler, userOf } from '../chain-request.ts'
import { requestOf } from '../in-process.ts'
import type { ServerRequest } from '../request.ts'
import type { ObjectReader } from './read-object.ts'

const components = ['controller-manager', 'etcd-0', 'scheduler']

export interface LegacyOptions {
  readonly registry: RequestHandler
  readonly read: ObjectReader
}

export function legacyRoutes(options: LegacyOptions): Readonly<Record<string, RequestHandler>> {
  return {
    '/bindings': (request) => bind(options, request),
    '/componentstatuses': async (request) => componentStatuses(request),
  }
}

interface Binding {
  readonly metadata?: { readonly name?: string }
}

const bindingTarget = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  def: 'io.k8s.api.core.v1.Binding',
}

async function bind({ registry, read }: LegacyOptions, request: ServerRequest) {
  const { metadata } = await read<Binding>(request, bindingTarget)
  if (!metadata?.name) throw new StatusError('BadRequest', 'name must be provided')
  const { namespace } = request.info
  const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(metadata.name)}/binding`
  const type = headerOf(request, 'content-type')
  const headers = type ? { 'content-type': type } : {}
  const body = await request.body()
  return registry(requestOf({ method: 'POST', path, headers, body }, userOf(request)))
}

function componentStatuses({ method, info }: ServerRequest) {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
  if (!info.name) {
    const list = {
      kind: 'ComponentStatusList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '' },
    }
    return jsonAnswer(200, { ...list, items: components.map(healthy) })
  }
  if (components.includes(info.name)) return jsonAnswer(200, healthy(info.name))
  const [name, kind] = [info.name, 'componentstatuses']
  throw new StatusError('NotFound', `${kind} ${JSON.stringify(name)} not found`, { name, kind })
}

/** Whoever can ask has been answered by all of them: they are one process. */
function healthy(name: string): ComponentStatus {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }
}
