// What parts of the API server itself know of the stored objects: read and followed through the
// registry as any client would, without the chain in front of it.

import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { apiVersionOf, type Kind, kindEntry, pathOf } from '../api/kinds.ts'
import { keyOf, keyText, type ObjectKey } from '../api/meta.ts'
import { StatusError, type StatusReason } from '../api/status-error.ts'
import type { KindMap, Status } from '../api/types.gen.ts'
import { streamOf } from './body.ts'
import type { RequestHandler } from './chain-request.ts'
import { type InProcessRequest, requestOf } from './in-process.ts'
import type { ServerAnswer, UserInfo } from './request.ts'

/** Who the API server is to its own registry. */
export const serverUser: UserInfo = { name: 'system:apiserver', groups: ['system:masters'] }

export interface Change<T> {
  readonly previous?: T
  readonly current?: T
}

export interface Following {
  /** Resolves after the signal has aborted and nothing will be reported any more. */
  readonly ended: Promise<void>
}

export interface Reader {
  /** Undefined when there is no such object. */
  get<K extends Kind>(kind: K, key: ObjectKey): Promise<KindMap[K] | undefined>
  list<K extends Kind>(kind: K): Promise<readonly KindMap[K][]>
  /**
   * Reports every object of a kind, then every change, until the signal aborts. Resolves when the
   * first list has been reported; from then on it lists and watches again whenever a watch ends.
   */
  follow<K extends Kind>(
    kind: K,
    report: (change: Change<KindMap[K]>) => void,
    signal: AbortSignal,
  ): Promise<Following>
  /** The same for a part of each object, which alone is kept; unchanged parts are not reported. */
  followPart<K extends Kind, T>(kind: K, options: PartOptions<KindMap[K], T>): Promise<Following>
  /** Any request; throws StatusError for an answer that is not a success. */
  send(request: InProcessRequest): Promise<unknown>
}

export interface PartOptions<O, T> {
  part(object: O): T
  report(change: Change<T>): void
  readonly signal: AbortSignal
  /** Follows those alone that it selects. */
  readonly fieldSelector?: string
}

export function createReader(handle: RequestHandler): Reader {
  const answerOf = async (asked: InProcessRequest): Promise<ServerAnswer> => {
    const answer = await handle(requestOf(asked, serverUser))
    if ('upgrade' in answer) throw new StatusError('InternalError', 'unexpected upgrade')
    return answer
  }
  const send = async (asked: InProcessRequest) => {
    const answer = await answerOf(asked)
    const value = JSON.parse(await textOf(answer.body))
    if (answer.status >= 300) throw errorOf(value)
    return value
  }
  return {
    send,
    async get(kind, { namespace, name }) {
      try {
        return await send({ method: 'GET', path: pathOf(kindEntry(kind), namespace, name) })
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'NotFound') return undefined
        throw error
      }
    },
    async list(kind) {
      const { items } = await send({ method: 'GET', path: pathOf(kindEntry(kind)) })
      const head = { apiVersion: apiVersionOf(kindEntry(kind)), kind: kindEntry(kind).kind }
      return items.map((item: object) => ({ ...head, ...item }))
    },
    follow: (kind, report, signal) =>
      follow(kind, { part: (object) => object, report, signal, send, answerOf }),
    followPart: (kind, options) => follow(kind, { ...options, send, answerOf }),
  }
}

interface Follower<O, T> extends PartOptions<O, T> {
  send(request: InProcessRequest): Promise<{
    metadata: { resourceVersion: string }
    items: readonly O[]
  }>
  answerOf(request: InProcessRequest): Promise<ServerAnswer>
}

/** How long a follower waits before it lists again after a watch that failed. */
const retryMs = 200

async function follow<K extends Kind, T>(
  kind: K,
  follower: Follower<KindMap[K], T>,
): Promise<Following> {
  const known = new Map<string, T>()
  const put = (object: KindMap[K]) => {
    const key = keyText(keyOf(object))
    const current = follower.part(object)
    const previous = known.get(key)
    if (previous !== undefined && isDeepStrictEqual(previous, current)) return
    known.set(key, current)
    follower.report(previous !== undefined ? { previous, current } : { current })
  }
  const remove = (key: string) => {
    const previous = known.get(key)
    if (known.delete(key) && previous !== undefined) follower.report({ previous })
  }
  const list = async () => {
    const path = `${pathOf(kindEntry(kind))}${selectorQuery('?', follower)}`
    const { metadata, items } = await follower.send({ method: 'GET', path })
    const present = new Set(items.map((item) => keyText(keyOf(item))))
    for (const key of known.keys()) if (!present.has(key)) remove(key)
    for (const item of items) put(item)
    return metadata.resourceVersion
  }
  let revision = await list()
  const keepFollowing = async () => {
    while (!follower.signal.aborted) {
      try {
        for await (const event of watch(kind, revision, follower)) {
          if (event.type === 'DELETED') remove(keyText(keyOf(event.object)))
          else if (event.type === 'ADDED' || event.type === 'MODIFIED') put(event.object)
          else if (event.type === 'ERROR') break
          revision = event.object.metadata.resourceVersion ?? revision
        }
      } catch {
        // The list below starts afresh, whatever ended the watch.
      }
      if (follower.signal.aborted) return
      await delay(retryMs, undefined, { signal: follower.signal }).catch(() => {})
      if (follower.signal.aborted) return
      revision = await list().catch(() => revision)
    }
  }
  return { ended: keepFollowing() }
}

interface Event<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

function selectorQuery(
  lead: '?' | '&',
  { fieldSelector }: { readonly fieldSelector?: string },
): string {
  return fieldSelector ? `${lead}fieldSelector=${encodeURIComponent(fieldSelector)}` : ''
}

async function* watch<K extends Kind, T>(
  kind: K,
  revision: string,
  follower: Follower<KindMap[K], T>,
): AsyncGenerator<Event<KindMap[K]>> {
  const { answerOf, signal } = follower
  const selected = selectorQuery('&', follower)
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${revision}${selected}`
  const path = `${pathOf(kindEntry(kind))}?${query}`
  const answer = await answerOf({ method: 'GET', path, signal })
  if (answer.status !== 200) throw errorOf(JSON.parse(await textOf(answer.body)))
  for await (const line of linesOf(streamOf(answer.body))) yield JSON.parse(line)
}

export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) if (line) yield line
  }
  if (text) yield text
}

async function textOf(body: ServerAnswer['body']): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of streamOf(body)) parts.push(part)
  return Buffer.concat(parts).toString()
}

function errorOf(status: Status & { details?: object }): StatusError {
  const reason = (status.reason ?? 'InternalError') as StatusReason
  return new StatusError(reason, status.message ?? 'unknown error', status.details)
}
