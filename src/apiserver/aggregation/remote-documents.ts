// Driver: what another server says of itself, asked through the proxy in the aggregator's name.
// Documents are asked for again by their ETag, and kept while they are the same.

import { streamOf } from '../body.ts'
import { aggregatedType } from '../discovery/aggregated.ts'
import { requestOf } from '../in-process.ts'
import type { UserInfo } from '../request.ts'
import { groupVersionPath, type RemoteService } from './api-service.ts'
import type { RemoteProxy } from './remote-proxy.ts'
import { fieldOf, resourcesFromLegacy, resourcesIn } from './remote-resources.ts'

export interface RemoteDocuments {
  /** The resources of its group and version, in the form of aggregated discovery. */
  resources(remote: RemoteService): Promise<readonly object[]>
  /** Undefined where the server has no such document. */
  openApiV2(remote: RemoteService): Promise<unknown>
  /** What its index says of the group and version: a URL with a hash. */
  openApiV3Url(remote: RemoteService): Promise<string | undefined>
  /** Nothing more will be asked of this one. */
  forget(name: string): void
}

export const aggregatorUser: UserInfo = {
  name: 'system:kube-aggregator',
  groups: ['system:masters'],
}

/** Larger documents are refused: all groups of Kubernetes together have 5 MB. */
const mostBytes = 32 << 20
const answerTimeoutMs = 5_000
const specTimeoutMs = 60_000

interface Kept {
  readonly etag: string
  readonly value: unknown
}

interface Asked {
  readonly path: string
  readonly accept: string
  readonly timeoutMs: number
}

export function createRemoteDocuments(proxy: RemoteProxy): RemoteDocuments {
  const kept = new Map<string, Kept>()

  /** Undefined for 404; throws for any other answer that is not a document. */
  async function ask(remote: RemoteService, { path, accept, timeoutMs }: Asked): Promise<unknown> {
    const key = `${remote.name} ${path}`
    const before = kept.get(key)
    const headers = { accept, ...(before && { 'if-none-match': before.etag }) }
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await proxy(
      remote,
      requestOf({ method: 'GET', path, headers, signal }, aggregatorUser),
    )
    if ('upgrade' in answer) throw new Error(`${path}: unexpected upgrade`)
    if (answer.status === 304 && before) return before.value
    const text = await textOf(answer.body)
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`)
    const value: unknown = JSON.parse(text)
    const { etag } = answer.headers
    if (etag) kept.set(key, { etag, value })
    return value
  }

  return {
    async resources(remote) {
      const aggregated = { path: '/apis', accept: aggregatedType, timeoutMs: answerTimeoutMs }
      const whole = await ask(remote, aggregated).catch(() => undefined)
      const found = resourcesIn(whole, remote)
      if (found) return found
      const path = groupVersionPath(remote)
      const legacy = { path, accept: 'application/json', timeoutMs: answerTimeoutMs }
      return resourcesFromLegacy(await ask(remote, legacy), remote)
    },
    openApiV2: (remote) =>
      ask(remote, { path: '/openapi/v2', accept: 'application/json', timeoutMs: specTimeoutMs }),
    async openApiV3Url(remote) {
      const accept = 'application/json'
      const index = await ask(remote, { path: '/openapi/v3', accept, timeoutMs: specTimeoutMs })
      const entry = fieldOf(fieldOf(index, 'paths'), groupVersionPath(remote).slice(1))
      const url = fieldOf(entry, 'serverRelativeURL')
      return typeof url === 'string' ? url : undefined
    },
    forget(name) {
      for (const key of kept.keys()) if (key.startsWith(`${name} `)) kept.delete(key)
    },
  }
}

async function textOf(body: Parameters<typeof streamOf>[0]): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of streamOf(body)) {
    size += chunk.length
    if (size > mostBytes) throw new Error(`a document of more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
