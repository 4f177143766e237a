import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../lib/clock.ts'
import { seededRandom } from '../lib/random.ts'
import { createClient } from './create-client.ts'
import { fakeApi } from './fake-api.ts'
import { runAsLeader } from './leader-election.ts'

const lease = { namespace: 'kube-system', name: 'scheduler' }

test('one leads, another takes over when it stops renewing', async () => {
  const api = fakeApi()
  const client = createClient(api)
  const clock = testClock()
  const history: string[] = []
  const candidate = (identity: string) => {
    const stop = new AbortController()
    const { signal } = stop
    const random = seededRandom(1)
    const ended = runAsLeader({ client, clock, random, signal, lease, identity }, (leading) => {
      history.push(`${identity} leads`)
      return new Promise((resolve) => leading.addEventListener('abort', () => resolve()))
    })
    return { stop, ended }
  }
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((go) => setImmediate(go))
      clock.advance(1000)
    }
  }
  const first = candidate('a')
  await pass(1)
  const second = candidate('b')
  await pass(30)
  assert.deepEqual(history, ['a leads'])
  first.stop.abort()
  await first.ended
  await pass(30)
  assert.deepEqual(history, ['a leads', 'b leads'])
  const { spec } = await client.get('Lease', lease)
  assert.deepEqual(
    [spec.holderIdentity, spec.leaseTransitions, spec.leaseDurationSeconds],
    ['b', 1, 15],
  )
  second.stop.abort()
  await second.ended
})
