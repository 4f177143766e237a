// The fake registry for tests of the chain: objects in a map, no defaults, no validation.

import { EventEmitter, on } from 'node:events'
import { StatusError } from '../../api/status-error.ts'
import { jsonAnswer } from '../answer.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { RequestInfo } from '../request.ts'

interface Stored {
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export function mapRegistry(): { handle: RequestHandler } {
  const objects = new Map<string, Stored>()
  const events = new EventEmitter()
  // One for each kind that the server follows.
  events.setMaxListeners(100)
  let revision = 1
  const put = (key: string, type: 'ADDED' | 'MODIFIED', value: Stored): Stored => {
    const metadata = { uid: `uid-${key}`, ...value.metadata, resourceVersion: String(++revision) }
    const object = { ...value, metadata }
    objects.set(key, object)
    events.emit('change', { key, event: { type, object } })
    return object
  }
  const list = (info: RequestInfo) => ({
    kind: 'List',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(revision) },
    items: [...objects].filter(([key]) => key.startsWith(prefixOf(info))).map(([, item]) => item),
  })
  async function* watch(info: RequestInfo, signal: AbortSignal) {
    try {
      for await (const [{ key, event }] of on(events, 'change', { signal }))
        if (key.startsWith(prefixOf(info))) yield Buffer.from(`${JSON.stringify(event)}\n`)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  return {
    async handle(request) {
      const { info } = request
      const key = `${prefixOf(info)}${info.name}`
      const current = objects.get(key)
      if (info.verb === 'list') return jsonAnswer(200, list(info))
      if (info.verb === 'watch')
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: watch(info, request.signal),
        }
      if (info.verb === 'create') {
        const object: Stored = JSON.parse(Buffer.from(await request.body()).toString())
        const { name } = object.metadata
        if (objects.has(`${key}${name}`))
          throw new StatusError('AlreadyExists', `${info.resource} "${name}" already exists`)
        return jsonAnswer(201, put(`${key}${name}`, 'ADDED', object))
      }
      if (!current) throw new StatusError('NotFound', `${info.resource} "${info.name}" not found`)
      if (info.verb === 'get') return jsonAnswer(200, current)
      if (info.verb === 'delete') {
        objects.delete(key)
        events.emit('change', { key, event: { type: 'DELETED', object: current } })
        return jsonAnswer(200, current)
      }
      const change = JSON.parse(Buffer.from(await request.body()).toString())
      const next = info.verb === 'update' ? change : { ...current, ...change }
      return jsonAnswer(200, put(key, 'MODIFIED', next))
    },
  }
}

function prefixOf({ group, resource, namespace }: RequestInfo): string {
  const scope = resource === 'namespaces' ? '' : namespace
  return `${group}/${resource}/${scope ? `${scope}/` : ''}`
}
