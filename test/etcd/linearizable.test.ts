// Two API servers over an etcd of three members, clients that read and write the same few objects
// at both, and processes that are killed meanwhile: all that the clients saw could have happened one
// after the other.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isReason, StatusError } from '../../src/api/status-error.ts'
import type { ConfigMap } from '../../src/api/types.gen.ts'
import type { ApiClient } from '../../src/client/create-client.ts'
import { seededRandom } from '../../src/lib/random.ts'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { type Plane, startPlanes } from './planes.ts'
import {
  type ReadOperation,
  registerFaults,
  type SeenChange,
  type WriteOperation,
} from './register-history.ts'

const namespace = 'default'
const keys = ['k-0', 'k-1', 'k-2']

test('reads and writes at two servers, under kills, are linearizable', {
  skip: etcdMissing,
}, async () => {
  await using etcd = await startEtcd({ size: 3 })
  const hosts = ['a', 'b']
  const { endpoints } = etcd
  await using running = await startPlanes({ endpoints, hosts, hasControllers: false })
  const { planes } = running
  const [first] = planes
  assert.ok(first)
  const start = await first.client.list('ConfigMap', { namespace })
  const load = startClients(planes)
  for (const [index, member] of etcd.members.entries()) {
    await delay(700)
    await member.kill()
    await delay(700)
    const plane = planes[index % planes.length]
    await plane?.kill()
    await delay(300)
    await member.start()
    await plane?.start()
  }
  await delay(500)
  const { reads, writes } = await load.end()
  const seen = await changesSince(first.client, start.metadata.resourceVersion)
  assert.deepEqual(registerFaults({ reads, writes, seen }), [])
  const count = (outcome: string) => writes.filter((write) => write.outcome === outcome).length
  const told = `${reads.length} reads, ${count('done')} writes, ${count('unknown')} unknown`
  assert.ok(reads.length > 200 && count('done') > 100, told)
})

/** Writers and readers, each at one server after the other. */
function startClients(planes: readonly Plane[]) {
  const reads: ReadOperation[] = []
  const writes: WriteOperation[] = []
  let isEnding = false
  const clientOf = (turn: number) => {
    const plane = planes[turn % planes.length]
    assert.ok(plane)
    return plane.client
  }
  const loops = Array.from({ length: 6 }, async (_, worker) => {
    const random = seededRandom(worker + 1)
    for (let turn = worker; !isEnding; turn++) {
      const key = keys[random.below(keys.length)] ?? ''
      const read = await readOne(clientOf(turn), key)
      if (read) reads.push(read)
      if (!read || worker < 2) {
        if (!read) await delay(20)
        continue
      }
      const text = read.revision > 0 && random.below(8) === 0 ? undefined : `${worker}/${turn}`
      writes.push(await writeOne(clientOf(turn + random.below(2)), { ...read, text }))
    }
  })
  return {
    async end() {
      isEnding = true
      await Promise.all(loops)
      return { reads, writes }
    },
  }
}

/** Undefined: no answer, so nothing was learned. */
async function readOne(client: ApiClient, key: string): Promise<ReadOperation | undefined> {
  const startedMs = performance.now()
  try {
    const { metadata, data } = await client.get('ConfigMap', { namespace, name: key })
    const revision = Number(metadata.resourceVersion)
    return { key, startedMs, endedMs: performance.now(), revision, text: data?.['text'] }
  } catch (error) {
    if (!isReason(error, 'NotFound')) return undefined
    return { key, startedMs, endedMs: performance.now(), revision: 0, text: undefined }
  }
}

/** Replaces the version that was read, or deletes it. */
async function writeOne(
  client: ApiClient,
  { key, revision: expected, text }: ReadOperation,
): Promise<WriteOperation> {
  const startedMs = performance.now()
  const ended = (outcome: WriteOperation['outcome'], revision = 0): WriteOperation => {
    const endedMs = performance.now()
    return { key, text, expected, outcome, revision, startedMs, endedMs }
  }
  const resourceVersion = String(expected)
  const object = (metadata: object): ConfigMap => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { text: text ?? '' } },
    metadata: { namespace, name: key, ...metadata },
  })
  try {
    if (text === undefined) {
      const preconditions = { resourceVersion }
      await client.delete('ConfigMap', { namespace, name: key }, { preconditions })
      // The answer does not tell the revision: it is found by what the object was before.
      return ended('unknown')
    }
    const { metadata } =
      expected === 0
        ? await client.create('ConfigMap', object({}))
        : await client.update('ConfigMap', object({ resourceVersion }))
    return ended('done', Number(metadata.resourceVersion))
  } catch (error) {
    const isRefused = isReason(error, 'Conflict', 'AlreadyExists', 'NotFound')
    assert.ok(isRefused || !(error instanceof StatusError) || error.code >= 500, String(error))
    return ended(isRefused ? 'refused' : 'unknown')
  }
}

/** Every change, from the watch of one server. */
async function changesSince(client: ApiClient, revision: string): Promise<SeenChange[]> {
  const name = 'last'
  await client.create('ConfigMap', {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } },
  })
  const seen: SeenChange[] = []
  const stop = new AbortController()
  const options = { namespace, resourceVersion: revision, signal: stop.signal }
  for await (const event of client.watch('ConfigMap', options)) {
    if (event.type === 'BOOKMARK') continue
    const { metadata, data } = event.object
    if (metadata.name === name) break
    if (!keys.includes(metadata.name)) continue
    const text = event.type === 'DELETED' ? undefined : data?.['text']
    seen.push({ key: metadata.name, revision: Number(metadata.resourceVersion), text })
  }
  stop.abort()
  return seen
}
