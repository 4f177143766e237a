import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import type { ConfigMap } from '../api/types.gen.ts'
import { systemClock } from '../lib/clock.ts'
import { seededRandom } from '../lib/random.ts'
import { createClient } from './create-client.ts'
import { fakeApi } from './fake-api.ts'
import { createInformers } from './informers.ts'

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'shop', name, labels: { app: name } },
  data,
})

function world() {
  const api = fakeApi()
  const client = createClient(api)
  const stop = new AbortController()
  const start = () =>
    createInformers(client, [{ kind: 'ConfigMap' }], {
      signal: stop.signal,
      clock: systemClock,
      random: seededRandom(1),
    })
  return { api, client, stop, start }
}

test('listers show what was there before and what came after, with kind and apiVersion', async () => {
  const { client, stop, start } = world()
  await client.create('ConfigMap', configMap('a'))
  const informers = start()
  await informers.synced()
  const made = await client.create('ConfigMap', configMap('b'))
  await informers.caughtUp('ConfigMap', Number(made.metadata.resourceVersion))
  const { ConfigMap } = informers.listers
  assert.deepEqual(
    ConfigMap.list('shop').map((found) => [found.kind, found.apiVersion, found.metadata.name]),
    [
      ['ConfigMap', 'v1', 'a'],
      ['ConfigMap', 'v1', 'b'],
    ],
  )
  assert.equal(ConfigMap.matching('shop', { matchLabels: { app: 'b' } }).length, 1)
  assert.equal(ConfigMap.list('other').length, 0)
  stop.abort()
  await informers.ended
})

test('a watch that ends goes on where it was, without a new list', async () => {
  const { api, client, stop, start } = world()
  const informers = start()
  await informers.synced()
  const changes: string[] = []
  informers.onChange('ConfigMap', ({ previous, current }) =>
    changes.push(`${previous?.data?.['x'] ?? '-'} ${current?.data?.['x'] ?? '-'}`),
  )
  const made = await client.create('ConfigMap', configMap('a', { x: '1' }))
  await informers.caughtUp('ConfigMap', Number(made.metadata.resourceVersion))
  api.endWatches()
  await client.update('ConfigMap', { ...made, data: { x: '2' } })
  await client.delete('ConfigMap', { namespace: 'shop', name: 'a' })
  await informers.shown('ConfigMap', () => informers.listers.ConfigMap.list().length === 0)
  assert.deepEqual(changes, ['- 1', '1 2', '2 -'])
  assert.equal(api.requests.filter((request) => !request.includes('watch=')).length, 4)
  stop.abort()
  await informers.ended
})

test('a revision that is gone leads to a new list, which shows what was missed', async () => {
  const { api, client, stop, start } = world()
  await client.create('ConfigMap', configMap('a'))
  const informers = start()
  await informers.synced()
  const changes: string[] = []
  informers.onChange('ConfigMap', ({ previous, current }) =>
    changes.push(`${previous?.metadata.name ?? '-'} ${current?.metadata.name ?? '-'}`),
  )
  await turn()
  // The watch ends and the next one is refused, so what is written meanwhile happens unseen.
  api.fail(/^GET .*watch=/, new StatusError('ServiceUnavailable', 'starting'))
  api.endWatches()
  await turn()
  await client.delete('ConfigMap', { namespace: 'shop', name: 'a' })
  await client.create('ConfigMap', configMap('b'))
  api.compact()
  await informers.shown('ConfigMap', () => changes.length >= 3)
  assert.deepEqual(changes, ['- a', 'a -', '- b'])
  stop.abort()
  await informers.ended
})

/** Lets everything run that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
