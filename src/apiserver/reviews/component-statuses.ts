// componentstatuses, a resource of the first days that is served without being stored: whoever can
// ask has been answered by all components, since they are one process.

import { kinds } from '../../api/kinds.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../lib/clock.ts'
import { methodNotAllowed, notServed } from '../answer.ts'
import type { RequestHandler } from '../chain-request.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import type { ApiObject } from '../registry/api-object.ts'
import { builtinResource } from '../registry/builtin-resource.ts'
import { tellDeprecation } from '../registry/deprecated-kinds.ts'
import { answerForm } from '../registry/negotiate.ts'
import { objectForm } from '../registry/object-form.ts'

const components = ['controller-manager', 'etcd-0', 'scheduler']

export function serveComponentStatuses(clock: Clock): RequestHandler {
  return async (request) => {
    const { method, info, query } = request
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
    const entry = kinds.find(({ kind }) => kind === 'ComponentStatus')
    if (!entry) throw notServed()
    const resource = builtinResource(entry, kubernetesProtobuf)
    tellDeprecation(request, resource)
    const form = objectForm(resource, {
      form: answerForm(request, { hasProtobuf: true }),
      query,
      clock,
    })
    const items = components.map(healthy)
    const { name } = info
    const found = items.find(({ metadata }) => metadata.name === name)
    if (name && !found) {
      const kind = 'componentstatuses'
      throw new StatusError('NotFound', `${kind} ${JSON.stringify(name)} not found`, { name, kind })
    }
    const body = found
      ? form.encodeObject(found)
      : form.encodeList({ metadata: { resourceVersion: '' }, items })
    return { status: 200, headers: { 'content-type': form.contentType }, body: Buffer.from(body) }
  }
}

function healthy(name: string): ApiObject {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }
}
