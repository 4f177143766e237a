import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../api/types.gen.ts'
import { testClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { seededRandom } from '../lib/random.ts'
import { createClient } from './create-client.ts'
import { createEventRecorder } from './events.ts'
import { fakeApi } from './fake-api.ts'
import { keepStanding, runAsLeader } from './leader-election.ts'

const lease = { namespace: 'kube-system', name: 'scheduler' }

test('one leads, another takes over when it ends', async () => {
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
  // It was given back: nobody waits until it has run out.
  await pass(5)
  assert.deepEqual(history, ['a leads', 'b leads'])
  const { spec } = await client.get('Lease', lease)
  assert.deepEqual(
    [spec.holderIdentity, spec.leaseTransitions, spec.leaseDurationSeconds],
    ['b', 1, 15],
  )
  second.stop.abort()
  await second.ended
})

async function pass(clock: ReturnType<typeof testClock>, seconds: number) {
  for (let second = 0; second < seconds; second += 1) {
    for (let turn = 0; turn < 8; turn += 1) await new Promise((go) => setImmediate(go))
    clock.advance(1000)
  }
}

/** One that stands for the Lease over a server that can be cut off from it. */
function candidate(
  api: ReturnType<typeof fakeApi>,
  clock: ReturnType<typeof testClock>,
  identity: string,
  history: string[],
) {
  const stop = new AbortController()
  let cutOff: 'no' | 'refused' | 'silent' = 'no'
  const client = createClient({
    ...api,
    send: async (request) => {
      if (cutOff === 'silent') await new Promise(() => {})
      if (cutOff === 'refused') throw new Error('connection refused')
      return api.send(request)
    },
  })
  const random = seededRandom(1)
  const { signal } = stop
  const log = silentLog
  const source = { component: 'kube-scheduler' }
  const recorder = createEventRecorder({ client: createClient(api), clock, random, signal, source })
  const ended = keepStanding(
    { client, clock, random, signal, lease, identity, recorder, log },
    async (leading) => {
      history.push(`${identity} leads`)
      await new Promise((resolve) => leading.addEventListener('abort', resolve))
      history.push(`${identity} stops`)
    },
  )
  return {
    cut: (how: typeof cutOff) => {
      cutOff = how
    },
    async end() {
      stop.abort()
      await ended
    },
  }
}

for (const how of ['refused', 'silent'] as const) {
  test(`a leader that is ${how} stops before another begins, and stands again`, async () => {
    const [api, clock] = [fakeApi(), testClock()]
    const history: string[] = []
    const first = candidate(api, clock, 'a', history)
    await pass(clock, 1)
    const second = candidate(api, clock, 'b', history)
    await pass(clock, 10)
    first.cut(how)
    await pass(clock, 9)
    assert.deepEqual(history, ['a leads'])
    await pass(clock, 4)
    assert.deepEqual(history, ['a leads', 'a stops'])
    await pass(clock, 12)
    assert.deepEqual(history, ['a leads', 'a stops', 'b leads'])
    first.cut('no')
    await pass(clock, 20)
    assert.deepEqual(history, ['a leads', 'a stops', 'b leads'])
    await second.end()
    await pass(clock, 30)
    assert.equal(history.at(-1), how === 'silent' ? 'b stops' : 'a leads')
    if (how === 'refused') await first.end()
  })
}

test('the Lease tells who became leader', async () => {
  const [api, clock] = [fakeApi(), testClock()]
  const only = candidate(api, clock, 'host_1', [])
  await pass(clock, 5)
  await only.end()
  const [event] = api.objects('/api/v1/namespaces/kube-system/events') as unknown as Event[]
  assert.deepEqual(
    [event?.reason, event?.message, event?.type, event?.source, event?.involvedObject.kind],
    ['LeaderElection', 'host_1 became leader', 'Normal', { component: 'kube-scheduler' }, 'Lease'],
  )
})

test('a Lease that is held is renewed with one request', async () => {
  const [api, clock] = [fakeApi(), testClock()]
  const only = candidate(api, clock, 'a', [])
  await pass(clock, 3)
  const before = api.requests.length
  await pass(clock, 10)
  assert.deepEqual(
    api.requests.slice(before),
    Array.from(
      { length: 5 },
      () => 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/scheduler',
    ),
  )
  await only.end()
})

test('a leader that slept is not sure of its lead from the first moment on', async () => {
  const api = fakeApi()
  const clock = testClock()
  const stop = new AbortController()
  const { signal } = stop
  const options = { client: createClient(api), clock, random: seededRandom(1), signal, lease }
  let isSure = () => false
  const ended = runAsLeader({ ...options, identity: 'a' }, (leading, sure) => {
    isSure = sure
    return new Promise((resolve) => leading.addEventListener('abort', () => resolve()))
  })
  await pass(clock, 30)
  assert.equal(isSure(), true)
  // All at once, as for a process that was stopped: nobody else has had a turn yet.
  clock.advance(11_000)
  assert.equal(isSure(), false)
  stop.abort()
  await ended
  assert.equal(isSure(), false)
})

test('a Lease is given back though it is being renewed', async () => {
  const api = fakeApi()
  const clock = testClock()
  const stop = new AbortController()
  const { signal } = stop
  const answers: (() => void)[] = []
  let isSlow = false
  const transport = {
    async send(request: Parameters<typeof api.send>[0]) {
      if (isSlow) await new Promise<void>((go) => answers.push(go))
      return api.send(request)
    },
    close() {},
  }
  const options = { client: createClient(transport), clock, random: seededRandom(1), signal, lease }
  const ended = runAsLeader({ ...options, identity: 'a' }, (leading) => {
    return new Promise((resolve) => leading.addEventListener('abort', () => resolve()))
  })
  await pass(clock, 1)
  isSlow = true
  await pass(clock, 3)
  assert.equal(answers.length, 1, 'a renewal is under way')
  stop.abort()
  await pass(clock, 1)
  isSlow = false
  for (const answer of answers) answer()
  await ended
  assert.equal((await createClient(api).get('Lease', lease)).spec.holderIdentity, '')
})
