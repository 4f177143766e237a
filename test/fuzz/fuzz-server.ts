// The API server that is fuzzed: its whole chain in process, over a memory store, custom resources
// served. In: requests. Out: answers read to their end; failures of the server with their stack.

import { createRegistry, type Registry } from '../../src/apiserver/registry/registry.ts'
import { type ApiServer, startApiServer } from '../../src/apiserver/server.ts'
import { createTestPki, serviceAccountKey } from '../../src/apiserver/testing/test-pki.ts'
import { cluster } from '../../src/apiserver/testing/test-server.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/lib/log.ts'
import { silentLog } from '../../src/lib/log.ts'
import { seededRandom } from '../../src/lib/random.ts'
import { memoryStore } from '../../src/store/drivers/memory.ts'
import { type OpenApiDocument, type Operation, operationsIn } from './operations.ts'

export interface Asked {
  readonly method: Operation['method']
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** Read for this long at most, then left. */
  readonly isWatch?: boolean
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
  readonly text: string
  /** Errors that the server logged while it answered, with their stacks. */
  readonly failures: readonly string[]
}

export interface FuzzServer extends AsyncDisposable {
  ask(asked: Asked): Promise<Answer>
  /** Everything that it says it can be asked now. */
  operations(): Promise<readonly Operation[]>
}

/** A request that takes longer hangs. */
const hangMs = 60_000
const watchMs = 5

export async function startFuzzServer(seed: number): Promise<FuzzServer> {
  const stop = new AbortController()
  const failures: string[] = []
  const log: Log = {
    ...silentLog,
    error: (message, fields) => failures.push(worded(message, fields)),
  }
  const store = await memoryStore()
  const random = seededRandom(seed)
  const registry: Registry = createRegistry({
    ...{ store, clock: systemClock, random, signal: stop.signal },
    authorize: (user, asked) => server.authorizer.authorize(user, asked),
  })
  const pki = createTestPki()
  const server: ApiServer = await startApiServer({
    registry,
    tls: { ...pki.server, clientCa: pki.ca },
    serviceAccounts: {
      issuer: 'https://kubernetes.default.svc.cluster.local',
      privateKey: serviceAccountKey(),
    },
    ...{ cluster, log, random },
  })
  const transport = server.inProcess({
    name: 'fuzz',
    groups: ['system:masters', 'system:authenticated'],
  })

  async function ask({
    method,
    path,
    headers = {},
    body,
    isWatch = false,
  }: Asked): Promise<Answer> {
    failures.length = 0
    const leaving = new AbortController()
    const chunks: Uint8Array[] = []
    const answering = (async () => {
      const answer = await transport.send({
        ...{ method, path, headers, signal: leaving.signal },
        ...(body !== undefined && { body }),
      })
      if (isWatch) setTimeout(() => leaving.abort(), watchMs)
      for await (const chunk of answer.body) chunks.push(chunk)
      return answer
    })()
    const { status, headers: told } = await Promise.race([
      answering,
      hanging(`${method} ${path}`, leaving.signal),
    ])
    leaving.abort()
    const bytes = Buffer.concat(chunks)
    const contentType = told['content-type'] ?? ''
    return { status, contentType, bytes, text: bytes.toString(), failures: [...failures] }
  }

  return {
    ask,
    async operations() {
      const index = JSON.parse((await ask({ method: 'GET', path: '/openapi/v3' })).text)
      const documents = Object.values<{ serverRelativeURL: string }>(index.paths)
      const operations: Operation[] = []
      for (const { serverRelativeURL: path } of documents) {
        const document: OpenApiDocument = JSON.parse((await ask({ method: 'GET', path })).text)
        operations.push(...operationsIn(document))
      }
      return operations
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await server.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

function hanging(what: string, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer, it hangs: ${what}`)), hangMs)
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function worded(message: string, fields: object = {}): string {
  const error = 'error' in fields ? fields.error : undefined
  return `${message}: ${error instanceof Error ? error.stack : JSON.stringify(fields)}`
}
