// A small API server in memory, for tests of parts: the fake beside the TLS transport. It keeps
// objects of any path, counts revisions, watches, deletes with finalizers, and validates nothing.

import type { KubeObject } from '../api/meta.ts'
import { StatusError } from '../api/status-error.ts'
import type { ApiRequest, ApiResponse, Transport } from './transport.ts'

export interface FakeApi extends Transport {
  /** Requests answered so far, as "METHOD /path". */
  readonly requests: readonly string[]
  /** Objects whose path starts so, in no order. */
  objects(pathPrefix: string): readonly KubeObject[]
  /** Answers the next request that matches, written as "METHOD /path body", with this error. */
  fail(request: RegExp, error: StatusError): void
  /** Ends every open watch, as a server that restarts. */
  endWatches(): void
  /** Watches from earlier revisions are answered 410 from now on. */
  compact(): void
}

type Json = { [key: string]: unknown; metadata: { [key: string]: unknown } }
interface FakeEvent {
  readonly type: string
  readonly path: string
  readonly revision: number
  readonly object: Json
}

export function fakeApi(): FakeApi {
  const objects = new Map<string, Json>()
  const history: FakeEvent[] = []
  const wakers = new Set<() => void>()
  const requests: string[] = []
  const faults: { request: RegExp; error: StatusError }[] = []
  let revision = 1
  let compacted = 0
  let uids = 0
  let epoch = 0

  const emit = (type: string, path: string, object: Json) => {
    history.push({ type, path, revision, object })
    for (const wake of [...wakers]) wake()
  }
  const write = (path: string, object: Json): Json => {
    const type = objects.has(path) ? 'MODIFIED' : 'ADDED'
    revision += 1
    const written = withMeta(object, { resourceVersion: String(revision) })
    objects.set(path, written)
    emit(type, path, written)
    return written
  }
  const erase = (path: string, object: Json): Json => {
    revision += 1
    objects.delete(path)
    const last = withMeta(object, { resourceVersion: String(revision) })
    emit('DELETED', path, last)
    return last
  }
  const found = (path: string): Json => {
    const object = objects.get(path)
    if (!object) throw new StatusError('NotFound', `${path} not found`)
    return object
  }
  const settle = (path: string, object: Json): Json => {
    const { deletionTimestamp, finalizers } = object.metadata
    const isGone = deletionTimestamp && !(Array.isArray(finalizers) && finalizers.length > 0)
    return isGone ? erase(path, object) : write(path, object)
  }

  function create(collection: string, body: Json): Json {
    const { generateName, name: given } = body.metadata
    uids += 1
    const name = given || `${generateName}${uids.toString(36).padStart(5, '0')}`
    const path = `${collection}/${name}`
    if (objects.has(path)) throw new StatusError('AlreadyExists', `${path} already exists`)
    const creationTimestamp = body.metadata['creationTimestamp'] ?? '2026-01-01T00:00:00Z'
    const meta = { name, uid: `uid-${uids}`, creationTimestamp, generation: 1 }
    return write(path, withMeta(body, meta))
  }

  function update(path: string, body: Json, subresource: string | undefined): Json {
    const old = found(path)
    const wanted = body.metadata['resourceVersion']
    if (wanted && wanted !== old.metadata['resourceVersion']) {
      throw new StatusError('Conflict', `${path}: the object has been modified`)
    }
    if (subresource) return write(path, { ...old, status: body['status'] })
    const isNew = JSON.stringify(body['spec']) !== JSON.stringify(old['spec'])
    const generation = Number(old.metadata['generation'] ?? 1) + (isNew ? 1 : 0)
    const { uid } = old.metadata
    const status = old['status']
    return settle(path, { ...withMeta(body, { uid, generation }), ...(status ? { status } : {}) })
  }

  function remove(path: string, options: Json): Json {
    const object = found(path)
    const { uid } = (options['preconditions'] ?? {}) as { uid?: string }
    if (uid && uid !== object.metadata['uid']) {
      throw new StatusError('Conflict', `${path}: uid precondition failed`)
    }
    const marked = withMeta(object, {
      deletionTimestamp: object.metadata['deletionTimestamp'] ?? '2026-01-01T00:00:00Z',
      ...(options['propagationPolicy'] === 'Foreground' && { finalizers: ['foregroundDeletion'] }),
    })
    return settle(path, marked)
  }

  async function* follow(
    collection: string,
    from: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const born = epoch
    for (let at = 0; !signal?.aborted && born === epoch; ) {
      const event = history[at]
      if (event) {
        at += 1
        if (event.revision <= from || !isIn(event.path, collection)) continue
        yield line({ type: event.type, object: event.object })
        continue
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          wakers.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        wakers.add(wake)
        signal?.addEventListener('abort', wake)
      })
    }
  }

  function answer(request: ApiRequest): unknown {
    const url = new URL(request.path, 'http://fake')
    const { collection, name, subresource } = split(url.pathname)
    const path = name ? `${collection}/${name}` : collection
    const body = request.body ? (JSON.parse(String(request.body)) as Json) : { metadata: {} }
    switch (request.method) {
      case 'GET':
        if (name) return found(path)
        return {
          metadata: { resourceVersion: String(revision) },
          items: under(objects, collection),
        }
      case 'POST':
        if (subresource) return { kind: 'Status', status: 'Success' }
        return create(collection, body)
      case 'PUT':
        return update(path, body, subresource)
      case 'PATCH':
        return settle(path, merge(found(path), body) as Json)
      case 'DELETE':
        if (name) return remove(path, body)
        for (const object of under(objects, collection)) {
          remove(`${collection}/${object.metadata['name']}`, body)
        }
        return { kind: 'Status', status: 'Success' }
    }
  }

  return {
    requests,
    objects: (prefix) =>
      [...objects].flatMap(([path, object]) =>
        path.startsWith(prefix) ? [object as unknown as KubeObject] : [],
      ),
    fail: (request, error) => void faults.push({ request, error }),
    endWatches() {
      epoch += 1
      for (const wake of [...wakers]) wake()
    },
    compact: () => void (compacted = revision),
    close() {},
    async send(request): Promise<ApiResponse> {
      requests.push(`${request.method} ${request.path}`)
      try {
        const text = `${request.method} ${request.path} ${request.body ?? ''}`
        const fault = faults.find((candidate) => candidate.request.test(text))
        if (fault) {
          faults.splice(faults.indexOf(fault), 1)
          throw fault.error
        }
        const url = new URL(request.path, 'http://fake')
        if (!url.searchParams.has('watch')) return ok([line(answer(request))])
        const from = Number(url.searchParams.get('resourceVersion'))
        if (from < compacted) throw new StatusError('Expired', 'too old resource version')
        return ok(follow(split(url.pathname).collection, from, request.signal))
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        return { ...ok([line(error.toStatus())]), status: error.code }
      }
    },
  }
}

const ok = (body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): ApiResponse => ({
  status: 200,
  headers: {},
  body: (async function* () {
    yield* body
  })(),
})

const line = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)

const withMeta = (object: Json, metadata: object): Json => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
})

/** /api/v1/namespaces/N/pods/NAME/status and its shorter forms. */
function split(pathname: string) {
  const parts = pathname.split('/').filter(Boolean)
  const root = parts[0] === 'api' ? 2 : 3
  const isInNamespace = parts[root] === 'namespaces' && parts.length > root + 2
  const size = root + (isInNamespace ? 3 : 1)
  const [name, subresource] = parts.slice(size)
  return { collection: `/${parts.slice(0, size).join('/')}`, name, subresource }
}

function under(objects: ReadonlyMap<string, Json>, collection: string): Json[] {
  return [...objects].flatMap(([path, object]) => (isIn(path, collection) ? [object] : []))
}

/** Collections of all namespaces hold those of each. */
function isIn(path: string, collection: string): boolean {
  const at = split(path).collection
  if (at === collection) return true
  const plural = collection.slice(collection.lastIndexOf('/') + 1)
  const root = collection.slice(0, collection.lastIndexOf('/'))
  return at.startsWith(`${root}/namespaces/`) && at.endsWith(`/${plural}`)
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: { [key: string]: unknown } = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
