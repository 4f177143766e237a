// Where a request that passed the chain goes: by the first segment of a path outside the resources,
// by resource and subresource within them, and everything else to the registry.

import { jsonAnswer, methodNotAllowed, notServed } from './answer.ts'
import type { RequestHandler } from './chain-request.ts'

export interface Routes {
  /** By first path segment: healthz, apis, openapi, ... */
  readonly paths: Readonly<Record<string, RequestHandler>>
  /** By group/resource or group/resource/subresource; /pods/exec for the core group. */
  readonly resources: Readonly<Record<string, RequestHandler>>
  /** All other resources. */
  readonly registry: RequestHandler
  /** What GET / lists. */
  index(): readonly string[]
}

export function routeRequests(routes: Routes): RequestHandler {
  const paths = new Map(Object.entries(routes.paths))
  const resources = new Map(Object.entries(routes.resources))
  return (request) => {
    const { isResourceRequest, group, resource, subresource } = request.info
    if (isResourceRequest) {
      const key = subresource ? `${group}/${resource}/${subresource}` : `${group}/${resource}`
      return (resources.get(key) ?? routes.registry)(request)
    }
    const first = request.path.split('/', 2)[1] ?? ''
    if (first === '') return serveIndex(routes)(request)
    return (paths.get(first) ?? unknown)(request)
  }
}

const unknown: RequestHandler = async () => {
  throw notServed()
}

function serveIndex({ index }: Routes): RequestHandler {
  return async ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
    return jsonAnswer(200, { paths: index().toSorted() })
  }
}
