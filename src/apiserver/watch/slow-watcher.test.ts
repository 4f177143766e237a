import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { linesOf } from '../reader.ts'
import { createRegistry } from '../registry/registry.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

// Over real sockets: one client stops reading while the others see large objects change.

const path = '/api/v1/namespaces/default/configmaps'
const updates = 32
const json = { 'content-type': 'application/json' }
const body = (count: number) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'large' },
    data: { count: String(count), text: 'x'.repeat(900_000) },
  })

type Client = ReturnType<TestServer['pki']['client']>

function watch({ port, pki }: TestServer, client: Client, from: number): Promise<IncomingMessage> {
  const query = `watch=1&resourceVersion=${from}`
  const place = { port, host: '127.0.0.1', path: `${path}?${query}`, agent: false as const }
  return new Promise((resolve, reject) => {
    get({ ...place, ...client, ca: pki.ca }, resolve).on('error', reject)
  })
}

/** The revisions of `most` events, or of all until the stream ends as it should. */
async function revisionsOf(message: IncomingMessage, most: number): Promise<number[]> {
  const seen: number[] = []
  for await (const line of linesOf(message)) {
    seen.push(Number(JSON.parse(line).object.metadata.resourceVersion))
    if (seen.length === most) break
  }
  return seen
}

test('a watcher that does not read is cut off, resumes where it was, and delays nobody', async () => {
  await using store = await memoryStore()
  const ended = new AbortController()
  const registry = createRegistry({
    ...{ store, clock: systemClock, random: systemRandom, signal: ended.signal },
  })
  await using server = await startTestServer({ registry })
  const client = server.pki.client('root', 'system:masters')
  const from = await store.revision()
  const slow = await watch(server, client, from)
  slow.pause()
  const fast = await Promise.all([1, 2].map(() => watch(server, client, from)))
  const seen = fast.map((message) => revisionsOf(message, updates))
  const revisions: number[] = []
  for (let count = 0; count < updates; count++) {
    const method = count === 0 ? 'POST' : 'PUT'
    const asked = { method, client, headers: json, body: body(count) }
    const answer = await server.ask(count === 0 ? path : `${path}/large`, asked)
    revisions.push(
      Number(answer.json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion),
    )
  }
  for (const each of seen) assert.deepEqual(await each, revisions)
  const first = await revisionsOf(slow, Number.POSITIVE_INFINITY)
  assert.ok(first.length < updates, `${first.length} events were kept for it`)
  assert.ok(slow.complete)
  const again = await watch(server, client, first.at(-1) ?? from)
  const rest = await revisionsOf(again, updates - first.length)
  assert.deepEqual([...first, ...rest], revisions)
  ended.abort()
})
