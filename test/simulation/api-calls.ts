// What a client of the registry asks about ConfigMaps, and what its answers mean for a history.
// The text of an object is data.t; its label app is what selectors ask for.

import { StatusError } from '../../src/api/status-error.ts'
import { streamOf } from '../../src/apiserver/body.ts'
import { requestOf } from '../../src/apiserver/in-process.ts'
import { linesOf } from '../../src/apiserver/reader.ts'
import type { Registry } from '../../src/apiserver/registry/registry.ts'
import type { Item, WatchEvent } from '../history/history.ts'
import type { Told } from './recorder.ts'

export const prefix = '/registry/configmaps/'
export const collection = (namespace: string) =>
  namespace === '' ? '/api/v1/configmaps' : `/api/v1/namespaces/${namespace}/configmaps`

export interface ObjectJson {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: { readonly t?: string }
}

export interface Answer {
  readonly status: number
  readonly json: ReturnType<typeof JSON.parse>
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Call {
  readonly method: Method
  readonly path: string
  readonly body?: object
  readonly contentType?: string
  readonly signal?: AbortSignal
}

const user = { name: 'tester', groups: ['system:masters', 'system:authenticated'] }

const labels = ['x', 'y']

/** `count` makes it unlike any other; its last letter is its label. */
export const textOf = (count: number) => `t${count}${labels[count % 2]}`
export const labelOf = (text: string) => text.at(-1) ?? ''

export function objectOf(key: string, text: string, resourceVersion?: number): object {
  const [namespace, name] = key.slice(prefix.length).split('/')
  return {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: {
      ...{ name, namespace, labels: { app: labelOf(text) } },
      ...(resourceVersion !== undefined && { resourceVersion: String(resourceVersion) }),
    },
    data: { t: text },
  }
}

export function pathOf(key: string): string {
  const [namespace = '', name] = key.slice(prefix.length).split('/')
  return `${collection(namespace)}/${name}`
}

export function itemOf({ metadata, data }: ObjectJson): Item {
  const key = `${prefix}${metadata.namespace}/${metadata.name}`
  return { key, revision: Number(metadata.resourceVersion), text: data?.t ?? '' }
}

/** What the witness knows a stored value by. */
export function textOfStored(value: Uint8Array): string {
  return JSON.parse(new TextDecoder().decode(value)).data?.t ?? ''
}

export async function send(registry: Registry, call: Call): Promise<Answer> {
  try {
    const answer = await answered(registry, call)
    const parts: Uint8Array[] = []
    for await (const part of streamOf(answer.body)) parts.push(part)
    return { status: answer.status, json: JSON.parse(Buffer.concat(parts).toString()) }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return { status: error.code, json: error.toStatus() }
  }
}

async function answered(registry: Registry, { method, path, body, contentType, signal }: Call) {
  const request = requestOf(
    {
      ...{ method, path },
      ...(body && { body: JSON.stringify(body) }),
      headers: { 'content-type': contentType ?? 'application/json' },
      ...(signal && { signal }),
    },
    user,
  )
  const answer = await registry.handle(request)
  if ('upgrade' in answer) throw new Error('nobody asked for an upgrade')
  return answer
}

/** A full disk is told as 500, and nothing was written; 504 says that nobody knows. */
export function toldBy({ status, json }: Answer): Told {
  if (status < 300) {
    const version = json.metadata?.resourceVersion
    return { outcome: 'done', ...(version && { revision: Number(version) }) }
  }
  if (status === 404) return { outcome: 'refused', current: 0 }
  if (status === 409) return { outcome: 'refused' }
  if (status === 500 && json.message.includes('no room')) return { outcome: 'failed' }
  if (status === 504) return { outcome: 'unknown' }
  if (status === 503) return { outcome: 'failed' }
  throw new Error(`an answer that means nothing: ${status} ${JSON.stringify(json)}`)
}

/** One event of a watch's stream, or the status of an ERROR. */
export type Seen =
  | { readonly event: Omit<WatchEvent, 'at'>; readonly isInitialEnd: boolean }
  | { readonly code: number; readonly message: string }

export async function* watching(registry: Registry, call: Call): AsyncGenerator<Seen> {
  const answer = await answered(registry, call)
  for await (const line of linesOf(streamOf(answer.body))) yield seen(JSON.parse(line))
}

function seen({ type, object }: { type: string; object: ReturnType<typeof JSON.parse> }): Seen {
  if (type === 'ERROR') return { code: object.code, message: object.message }
  const revision = Number(object.metadata.resourceVersion)
  const isInitialEnd = object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true'
  if (type === 'BOOKMARK') return { event: { type, key: '', text: '', revision }, isInitialEnd }
  const { key, text } = itemOf(object)
  return { event: { type: type as WatchEvent['type'], key, text, revision }, isInitialEnd }
}
