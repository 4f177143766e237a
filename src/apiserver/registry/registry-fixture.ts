// For tests: a registry over a memory store with a clock that stands still, and requests in a line.

import assert from 'node:assert/strict'
import { StatusError } from '../../api/status-error.ts'
import { testClock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { streamOf } from '../body.ts'
import { requestOf } from '../in-process.ts'
import { linesOf } from '../reader.ts'
import type { ServerAnswer } from '../request.ts'
import { createRegistry, type RegistryOptions } from './registry.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly text: string
  readonly bytes: Uint8Array
  /** The body as JSON, null where it is not. */
  readonly json: ReturnType<typeof JSON.parse>
  readonly warnings: readonly string[]
}

export interface AskOptions {
  readonly body?: object | string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

const user = { name: 'tester', groups: ['system:masters', 'system:authenticated'] }

export interface FixtureOptions extends Partial<RegistryOptions> {
  /** Over a store that has its namespaces already. */
  readonly isRestarted?: boolean
}

export async function registryFixture(options: FixtureOptions = {}) {
  const store = options.store ?? (await memoryStore())
  const clock = testClock('2026-01-01T00:00:00Z')
  const ended = new AbortController()
  const registry = createRegistry({
    store,
    clock,
    random: seededRandom(1),
    signal: ended.signal,
    ...options,
  })

  async function send(line: string, asked: AskOptions = {}) {
    const [method = 'GET', path = ''] = line.split(' ')
    const { body, headers, signal } = asked
    const request = requestOf(
      {
        method: method as 'GET',
        path,
        ...(headers && { headers }),
        ...(signal && { signal }),
        ...(body !== undefined && { body: bodyOf(body) }),
      },
      user,
    )
    const answer = await registry.handle(request)
    assert.ok(!('upgrade' in answer))
    return { answer, warnings: request.warnings }
  }

  /** `ask('GET /api/v1/pods')`; a StatusError becomes the answer it stands for. */
  async function ask(line: string, asked?: AskOptions): Promise<Answer> {
    try {
      const { answer, warnings } = await send(line, asked)
      return await answerOf(answer, warnings)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      const json = error.toStatus()
      return {
        status: error.code,
        contentType: 'application/json',
        text: JSON.stringify(json),
        bytes: new Uint8Array(),
        json,
        warnings: [],
      }
    }
  }

  /** The body of an answer as it comes. */
  async function stream(
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    return streamOf((await send(`GET ${path}`, { headers })).answer.body)
  }

  /**
   * Events of a watch, one at a time; `stop` ends it. It begins with the first `next`: what happens
   * before that is seen as such by a watch that names a resourceVersion alone.
   */
  async function watch(path: string, headers?: Readonly<Record<string, string>>) {
    const stopper = new AbortController()
    const { answer } = await send(`GET ${path}`, {
      signal: stopper.signal,
      ...(headers && { headers }),
    })
    const lines = linesOf(streamOf(answer.body))
    return {
      async next() {
        const { value, done } = await lines.next()
        return done ? undefined : JSON.parse(value)
      },
      stop: () => stopper.abort(),
    }
  }

  async function namespace(name: string) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    assert.equal((await ask('POST /api/v1/namespaces', { body })).status, 201)
  }

  if (!options.isRestarted) await namespace('default')
  return {
    registry,
    store,
    clock,
    ask,
    watch,
    stream,
    namespace,
    async [Symbol.asyncDispose]() {
      ended.abort()
      await store[Symbol.asyncDispose]()
    },
  }
}

async function answerOf(answer: ServerAnswer, warnings: readonly string[]): Promise<Answer> {
  const parts: Uint8Array[] = []
  for await (const part of streamOf(answer.body)) parts.push(part)
  const bytes = Buffer.concat(parts)
  const text = bytes.toString()
  const contentType = answer.headers['content-type']
  const json = contentType === 'application/json' ? JSON.parse(text) : null
  return { status: answer.status, contentType, text, bytes, json, warnings }
}

function bodyOf(body: object | string | Uint8Array): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}
