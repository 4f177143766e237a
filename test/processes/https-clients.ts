// Clients of an API server process that may die at any moment: writers, readers, listers and
// watchers over TLS. What they are told is recorded; what they are not told is of unknown outcome.

import { Agent, request } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { linesOf } from '../../src/apiserver/reader.ts'
import type { KeyPair } from '../../src/apiserver/testing/test-pki.ts'
import type { WatchEvent } from '../history/history.ts'
import {
  collection,
  itemOf,
  objectOf,
  pathOf,
  prefix,
  textOf,
  toldBy,
} from '../simulation/api-calls.ts'
import type { Recorder } from '../simulation/recorder.ts'

export interface Connection {
  /** Where the server is now. */
  port: number
  readonly agent: Agent
}

export function connection(ca: string, client: KeyPair): Connection {
  return { port: 0, agent: new Agent({ ca, ...client, keepAlive: true, maxSockets: 64 }) }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly contentType?: string
}

interface Response {
  readonly status: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Rejects when the connection breaks. */
export function open({ port, agent }: Connection, asked: Asked): Promise<Response> {
  const { method, path, body, contentType = 'application/json' } = asked
  const text = body ? JSON.stringify(body) : ''
  // Node says nothing of the length of a DELETE's body by itself.
  const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (message) =>
      resolve({ status: message.statusCode ?? 0, body: message }),
    )
    sent.on('error', reject)
    sent.end(text)
  })
}

export async function ask(to: Connection, asked: Asked) {
  const { status, body } = await open(to, asked)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return { status, json: JSON.parse(Buffer.concat(chunks).toString()) }
}

export interface Load {
  readonly to: Connection
  readonly recorder: Recorder
  readonly tick: () => number
  nextCount(): number
  isEnding(): boolean
}

/** What the server itself keeps is elsewhere. */
export const place = `${prefix}default/`

const keys = ['a', 'b', 'c', 'd', 'e'].map((name) => place + name)
const keyOf = (count: number) => keys[count % keys.length] ?? ''

/** After a connection broke: the server is about to come back. */
const pauseMs = 20

/** Reads what there is, then replaces, creates or deletes it. */
export async function runWriter(load: Load): Promise<void> {
  const { to, recorder, nextCount, isEnding } = load
  while (!isEnding()) {
    const count = nextCount()
    const key = keyOf(count)
    const held = await heldAt(load, key).catch(() => undefined)
    if (held === undefined) {
      await delay(pauseMs)
      continue
    }
    const text = textOf(count)
    const isDelete = held > 0 && count % 7 === 0
    const told = isDelete
      ? recorder.write({ type: 'delete', key, text: '', expected: held })
      : recorder.write({ type: 'put', key, text, expected: held })
    const asked: Asked = isDelete
      ? {
          method: 'DELETE',
          path: pathOf(key),
          body: { preconditions: { resourceVersion: `${held}` } },
        }
      : held > 0
        ? { method: 'PUT', path: pathOf(key), body: objectOf(key, text, held) }
        : { method: 'POST', path: collection('default'), body: objectOf(key, text) }
    try {
      told(toldBy(await ask(to, asked)))
    } catch {
      told({ outcome: 'unknown' })
    }
  }
}

async function heldAt({ to, recorder }: Load, key: string): Promise<number> {
  const told = recorder.read(key)
  const { status, json } = await ask(to, { method: 'GET', path: pathOf(key) })
  if (status !== 200 && status !== 404) throw new Error(`${status}`)
  const item = status === 200 ? itemOf(json) : undefined
  told(item)
  return item?.revision ?? 0
}

export async function runLister(load: Load): Promise<void> {
  while (!load.isEnding()) {
    await listOnce(load).catch(() => delay(pauseMs))
    await delay(5)
  }
}

/** In pages of two; resolves to its revision. */
async function listOnce({ to, recorder }: Load): Promise<number> {
  const told = recorder.list({ prefix: place })
  const items = []
  let token = ''
  for (;;) {
    const path = `${collection('default')}?limit=2${token && `&continue=${token}`}`
    const { status, json } = await ask(to, { method: 'GET', path })
    if (status !== 200) throw new Error(`${status}`)
    items.push(...json.items.map(itemOf))
    token = json.metadata.continue ?? ''
    if (token !== '') continue
    const revision = Number(json.metadata.resourceVersion)
    told(revision, items)
    return revision
  }
}

/** Watches, and after every break resumes from what it has seen last; lists anew after 410. */
export async function runWatcher(load: Load, at: { from?: number }): Promise<void> {
  while (!load.isEnding()) {
    try {
      at.from ??= await listOnce(load)
      await watchOnce(load, at, at.from)
    } catch {
      await delay(pauseMs)
    }
  }
}

async function watchOnce({ to, recorder, tick }: Load, at: { from?: number }, from: number) {
  const path = `${collection('default')}?watch=1&allowWatchBookmarks=true&resourceVersion=${from}`
  const { status, body } = await open(to, { method: 'GET', path })
  if (status !== 200) throw new Error(`${status}`)
  const watching = recorder.watch({ prefix: place, after: from })
  for await (const line of linesOf(body)) {
    const { type, object } = JSON.parse(line)
    if (type === 'ERROR') {
      if (object.code === 410) delete at.from
      return
    }
    const item = type === 'BOOKMARK' ? { key: '', text: '' } : itemOf(object)
    const revision = Number(object.metadata.resourceVersion)
    watching.events.push({ type: type as WatchEvent['type'], ...item, revision, at: tick() })
    at.from = revision
  }
}
