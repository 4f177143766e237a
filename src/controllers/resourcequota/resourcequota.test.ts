import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceQuota } from '../../api/types.gen.ts'
import { createClient } from '../../client/create-client.ts'
import { createEventRecorder } from '../../client/events.ts'
import { fakeApi } from '../../client/fake-api.ts'
import { createInformers } from '../../client/informers.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { seededRandom } from '../../lib/random.ts'
import { runResourceQuota, watchedKinds } from './resourcequota.ts'

const quotaOf = (name: string): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { namespace: 'shop', name },
  spec: { hard: { pods: '1' } },
})

test('what admission has counted stays counted until its object is written', async (t) => {
  const client = createClient(fakeApi())
  const stop = new AbortController()
  const { signal } = stop
  t.after(() => stop.abort())
  const wants = [...watchedKinds, 'ResourceQuota' as const].map((kind) => ({ kind }))
  const informers = createInformers(client, wants, { signal })
  const shared = { client, clock: systemClock, signal, log: silentLog }
  const source = { component: 'resourcequota-controller' }
  const recorder = createEventRecorder({ ...shared, source, random: seededRandom(1) })
  const running = runResourceQuota({ ...shared, informers, recorder })
  const usedOf = (name: string) =>
    informers.listers.ResourceQuota.get({ namespace: 'shop', name })?.status?.used?.['pods']
  const shown = (name: string, used: string) =>
    informers.shown('ResourceQuota', () => usedOf(name) === used)

  await client.create('ResourceQuota', quotaOf('first'))
  await shown('first', '0')
  const first = await client.get('ResourceQuota', { namespace: 'shop', name: 'first' })
  const status = { ...first.status, used: { pods: '1' } }
  await client.update('ResourceQuota', { ...first, status }, 'status')
  await shown('first', '1')
  // A later quota is counted after whatever the earlier one asked for.
  await client.create('ResourceQuota', quotaOf('second'))
  await shown('second', '0')
  assert.equal(usedOf('first'), '1')
  stop.abort()
  await running
  await informers.ended
})
