// The client for any resource, of a kind known when this was built or not: paths from group,
// version and plural, bodies as plain objects. The typed client is a view of this one.

import { pathOf } from '../api/kinds.ts'
import type { KubeObject, ObjectKey, ObjectList } from '../api/meta.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { readLines, readText, statusErrorOf } from './answer.ts'
import type { DeleteOptions, ListOptions, PatchOptions, PatchType, WatchEvent } from './client.ts'
import type { ApiRequest, ApiResponse, Transport } from './transport.ts'

/** What paths are made of; every entry of the kind table is one. */
export interface ApiResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

export interface ReadOptions extends ListOptions {
  /** Only apiVersion, kind and metadata of each object. */
  readonly metadataOnly?: boolean
}

export interface StreamOptions extends ReadOptions {
  readonly resourceVersion: string
  readonly signal: AbortSignal
  /** Lets the server end the watch; default: it decides. */
  readonly timeoutSeconds?: number
}

export interface DynamicClient {
  get(resource: ApiResource, key: ObjectKey): Promise<KubeObject>
  list(resource: ApiResource, options?: ReadOptions): Promise<ObjectList<KubeObject>>
  watch(resource: ApiResource, options: StreamOptions): AsyncIterable<WatchEvent<KubeObject>>
  create(resource: ApiResource, object: KubeObject): Promise<KubeObject>
  update(resource: ApiResource, object: KubeObject, subresource?: string): Promise<KubeObject>
  patch(
    resource: ApiResource,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions,
  ): Promise<KubeObject>
  delete(resource: ApiResource, key: ObjectKey, options?: DeleteOptions): Promise<void>
  deleteCollection(
    resource: ApiResource,
    selection: ListOptions,
    options?: DeleteOptions,
  ): Promise<void>
  /** Any request, its answer parsed as JSON: discovery, subresources that are not objects. */
  json(method: ApiRequest['method'], path: string, body?: unknown): Promise<unknown>
}

const patchContentType: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

const mostTries = 10

export function createDynamicClient(
  transport: Transport,
  clock: Clock = systemClock,
): DynamicClient {
  /** Asks again where the server says so (Retry-After), as every Kubernetes client does. */
  async function send(request: ApiRequest): Promise<ApiResponse> {
    for (let tries = 1; ; tries += 1) {
      const response = await transport.send(request)
      if (response.status < 400) return response
      const text = await readText(response)
      const afterSeconds = Number(response.headers['retry-after'])
      const mayRetry = response.status === 429 || response.status >= 500
      if (!mayRetry || !(afterSeconds > 0) || tries >= mostTries) {
        throw statusErrorOf(response.status, text)
      }
      await clock.sleep(afterSeconds * 1000, request.signal)
    }
  }

  async function ask(request: ApiRequest): Promise<unknown> {
    return JSON.parse(await readText(await send(request)))
  }

  const askObject = async (request: ApiRequest) => (await ask(request)) as KubeObject

  const sendBody = (method: ApiRequest['method'], path: string, body: unknown) =>
    askObject({ method, path, headers: jsonHeaders, body: JSON.stringify(body) })

  return {
    get: (resource, key) =>
      askObject({ method: 'GET', path: objectPath(resource, key), headers: acceptJson }),

    async list(resource, options = {}) {
      const { metadataOnly, namespace, ...selection } = options
      const path = `${pathOf(entryOf(resource), namespace)}${queryOf(selection)}`
      const headers = metadataOnly ? acceptMetadataList : acceptJson
      return listOf(resource, await ask({ method: 'GET', path, headers }), metadataOnly)
    },

    async *watch(resource, { metadataOnly, namespace, signal, ...selection }) {
      const query = queryOf({ watch: true, allowWatchBookmarks: true, ...selection })
      const path = `${pathOf(entryOf(resource), namespace)}${query}`
      const headers = metadataOnly ? acceptMetadata : acceptJson
      const response = await send({ method: 'GET', path, headers, signal })
      for await (const line of readLines(response)) {
        yield watchEventOf(resource, JSON.parse(line), metadataOnly)
      }
    },

    create: (resource, object) =>
      sendBody('POST', pathOf(entryOf(resource), object.metadata.namespace), object),

    update: (resource, object, subresource) =>
      sendBody('PUT', objectPath(resource, object.metadata, subresource), object),

    patch: (resource, key, patch, { type, subresource, fieldManager, force }) =>
      askObject({
        method: 'PATCH',
        path: `${objectPath(resource, key, subresource)}${queryOf({ fieldManager, force })}`,
        headers: { accept: 'application/json', 'content-type': patchContentType[type] },
        body: JSON.stringify(patch),
      }),

    async delete(resource, key, options = {}) {
      await sendBody('DELETE', objectPath(resource, key), deleteBody(options))
    },

    async deleteCollection(resource, { namespace, ...selection }, options = {}) {
      const path = `${pathOf(entryOf(resource), namespace)}${queryOf(selection)}`
      await sendBody('DELETE', path, deleteBody(options))
    },

    json: (method, path, body) =>
      ask({
        method,
        path,
        headers: jsonHeaders,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

const acceptJson = { accept: 'application/json' }
const jsonHeaders = { accept: 'application/json', 'content-type': 'application/json' }
/** A server that cannot cut objects down answers them whole. */
const acceptMetadata = {
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
}
const acceptMetadataList = {
  accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
}

const deleteBody = (options: DeleteOptions) => ({
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  ...options,
})

/** pathOf takes entries of the kind table; of a resource it reads only these facts. */
function entryOf(resource: ApiResource) {
  return { ...resource, singular: '', verbs: [], def: '' }
}

export function objectPath(
  resource: ApiResource,
  { namespace, name }: ObjectKey,
  subresource?: string,
): string {
  return pathOf(entryOf(resource), namespace, name, subresource)
}

function queryOf(parameters: object): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query.size > 0 ? `?${query}` : ''
}

/** Items of a list come without apiVersion and kind; every object given out has both. */
function listOf(
  resource: ApiResource,
  answer: unknown,
  metadataOnly = false,
): ObjectList<KubeObject> {
  const { metadata, items } = answer as {
    metadata: ObjectList<KubeObject>['metadata']
    items: readonly KubeObject[] | null
  }
  return { metadata, items: (items ?? []).map((item) => wholeOf(resource, item, metadataOnly)) }
}

function wholeOf({ group, version, kind }: ApiResource, item: KubeObject, metadataOnly: boolean) {
  const apiVersion = group ? `${group}/${version}` : version
  if (metadataOnly) return { apiVersion, kind, metadata: item.metadata }
  return { ...item, apiVersion, kind }
}

function watchEventOf(
  resource: ApiResource,
  event: unknown,
  metadataOnly = false,
): WatchEvent<KubeObject> {
  const { type, object } = event as { type: string; object: KubeObject }
  if (type === 'ERROR') {
    const { code } = object as { code?: number }
    throw statusErrorOf(code ?? 500, JSON.stringify(object))
  }
  if (type === 'BOOKMARK') {
    const { resourceVersion = '', annotations } = object.metadata
    const isEnd = annotations?.['k8s.io/initial-events-end'] === 'true'
    return { type, resourceVersion, ...(isEnd && { initialEventsEnd: true }) }
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw new Error(`unknown watch event type ${type}`)
  }
  return { type, object: metadataOnly ? wholeOf(resource, object, true) : object }
}
