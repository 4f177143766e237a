// The table of subresources: what each is, and who answers for it. Subresources that are a view
// of the object itself (status, finalize, resize, ...) are ordinary reads and writes of it.

import type { ServerAnswer } from '../request.ts'
import type { Call } from './answers.ts'
import { bind } from './binding.ts'
import type { ClusterView } from './cluster-view.ts'
import { methodNotSupported, unknownResource } from './errors.ts'
import { evict } from './eviction.ts'
import { get } from './get.ts'
import { patch } from './patch.ts'
import type { Resource } from './resource.ts'
import { scale } from './scale.ts'
import { update } from './update.ts'
import type { WriteContext } from './write.ts'

/** What a subresource may need beside the object itself. */
export interface Surroundings {
  readonly cluster: ClusterView
  readonly budgets: Resource
}

export type SubresourceHandler = (
  context: WriteContext,
  call: Call,
  surroundings: Surroundings,
) => Promise<ServerAnswer>

const handlers: Readonly<Record<string, SubresourceHandler>> = {
  binding: bind,
  scale,
  eviction: (context, call, { cluster, budgets }) => evict(context, call, cluster, budgets),
}

/** Throws NotFound for what is not served here, MethodNotAllowed for a wrong verb. */
export function subresourceHandler({ resource, subresource, request }: Call): SubresourceHandler {
  const { entry, strategy } = resource
  const served = entry.subresources?.[subresource]
  if (!served || served.connect) throw unknownResource()
  const { verb } = request.info
  if (!served.verbs.includes(verb)) {
    throw methodNotSupported({ ...entry, plural: `${entry.plural}/${subresource}` }, verb)
  }
  const handler = handlers[subresource]
  if (handler) return handler
  if (!strategy.subresource(subresource)) throw unknownResource()
  return objectView
}

/** The object by another door, which writes only part of it. */
function objectView(context: WriteContext, call: Call): Promise<ServerAnswer> {
  switch (call.request.info.verb) {
    case 'get':
      return get(context.store, call)
    case 'update':
      return update(context, call)
    case 'patch':
      return patch(context, call)
    default:
      throw methodNotSupported(call.resource.entry, call.request.info.verb)
  }
}
