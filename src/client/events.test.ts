import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import type { Event, Pod } from '../api/types.gen.ts'
import { testClock } from '../lib/clock.ts'
import { lineLog } from '../lib/log.ts'
import { seededRandom } from '../lib/random.ts'
import { createClient } from './create-client.ts'
import { createEventRecorder } from './events.ts'
import { fakeApi } from './fake-api.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web', uid: 'u1', resourceVersion: '7' },
  spec: { containers: [] },
}

function world(form?: 'v1' | 'events.k8s.io/v1') {
  const api = fakeApi()
  const clock = testClock('2026-01-01T00:00:00Z')
  const recorder = createEventRecorder({
    client: createClient(api),
    clock,
    random: seededRandom(1),
    signal: new AbortController().signal,
    source: { component: 'kubelet', host: 'n1' },
    ...(form && { form }),
  })
  const events = () => api.objects('/api') as unknown as readonly Event[]
  return { api, clock, recorder, events }
}

test('an event says what, about whom, and who says so', async () => {
  const { recorder, events } = world()
  recorder.record(pod, 'Normal', 'Pulled', 'image is there', {
    fieldPath: 'spec.containers{main}',
  })
  await recorder.flushed()
  const [{ metadata, ...event } = assert.fail()] = events()
  assert.match(metadata.name, /^web\.[0-9a-f]{16}$/)
  assert.equal(metadata.namespace, 'shop')
  assert.deepEqual(event, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      kind: 'Pod',
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
      apiVersion: 'v1',
      resourceVersion: '7',
      fieldPath: 'spec.containers{main}',
    },
    reason: 'Pulled',
    message: 'image is there',
    source: { component: 'kubelet', host: 'n1' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Normal',
    reportingComponent: 'kubelet',
    reportingInstance: 'n1',
  })
})

test('the same again raises the count', async () => {
  const { recorder, events, clock } = world()
  for (let time = 0; time < 3; time += 1) {
    recorder.record(pod, 'Warning', 'BackOff', 'restarting')
    await recorder.flushed()
    clock.advance(1000)
  }
  assert.deepEqual(
    events().map(({ count, lastTimestamp }) => [count, lastTimestamp]),
    [[3, '2026-01-01T00:00:02Z']],
  )
})

test('an event that expired is written anew', async () => {
  const { api, recorder, events } = world()
  recorder.record(pod, 'Normal', 'Pulled', 'a')
  await recorder.flushed()
  await api.send({ method: 'DELETE', path: '/api/v1/namespaces/shop/events' })
  recorder.record(pod, 'Normal', 'Pulled', 'a')
  await recorder.flushed()
  assert.equal(events().length, 1)
})

test('from the tenth different message on similar events are one', async () => {
  const { recorder, events } = world()
  for (let number = 1; number <= 12; number += 1) {
    recorder.record(pod, 'Warning', 'Failed', `try ${number}`)
  }
  await recorder.flushed()
  assert.deepEqual(
    events()
      .map(({ message, count }) => `${message} x${count}`)
      .slice(-2),
    ['try 9 x1', '(combined from similar events): try 12 x3'],
  )
})

test('one object may have 25 events at once, then one in five minutes', async () => {
  const { recorder, events, clock } = world()
  const send = async (reason: string) => {
    recorder.record(pod, 'Warning', reason, 'no')
    await recorder.flushed()
  }
  for (let number = 0; number < 30; number += 1) await send(`Reason${number}`)
  assert.equal(events().length, 25)
  clock.advance(300_000)
  await send('Later')
  assert.equal(events().length, 26)
})

test('the form of events.k8s.io has a note, an action and a series', async () => {
  const { api, recorder } = world('events.k8s.io/v1')
  recorder.record(pod, 'Normal', 'Scheduled', 'to n1', { action: 'Binding' })
  recorder.record(pod, 'Normal', 'Scheduled', 'to n1', { action: 'Binding' })
  await recorder.flushed()
  const [event] = api.objects('/apis/events.k8s.io/v1/namespaces/shop/events')
  const { metadata: _, ...facts } = event ?? assert.fail()
  assert.deepEqual(facts, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'kubelet',
    reportingInstance: 'n1',
    action: 'Binding',
    reason: 'Scheduled',
    regarding: {
      kind: 'Pod',
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
      apiVersion: 'v1',
      resourceVersion: '7',
    },
    note: 'to n1',
    type: 'Normal',
    series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
  })
})

test('an event that is refused is told of, of a namespace that ends without alarm', async () => {
  const lines: Record<string, unknown>[] = []
  const api = fakeApi()
  const recorder = createEventRecorder({
    client: createClient(api),
    clock: testClock('2026-01-01T00:00:00Z'),
    random: seededRandom(1),
    signal: new AbortController().signal,
    source: { component: 'kubelet', host: 'n1' },
    log: lineLog((line) => void lines.push(JSON.parse(line))),
  })
  const causes = [{ reason: 'NamespaceTerminating', message: 'shop is being terminated' }]
  const refusals = [
    new StatusError('Forbidden', 'shop ends', { causes }),
    new StatusError('NotFound', 'shop has ended', { kind: 'namespaces', name: 'shop' }),
    new StatusError('Invalid', 'no such form'),
  ]
  for (const refusal of refusals) api.fail(/^POST .*events/, refusal)
  for (const message of ['one', 'two', 'three']) recorder.record(pod, 'Normal', 'Killing', message)
  await recorder.flushed()
  const told = lines.map(({ level, message, note, error }) => ({ level, message, note, error }))
  assert.deepEqual(told.slice(0, 2), [
    { level: 'info', message: 'event not written', note: 'one', error: 'shop ends' },
    { level: 'info', message: 'event not written', note: 'two', error: 'shop has ended' },
  ])
  assert.equal(told[2]?.level, 'warn')
  assert.equal(told[2]?.note, 'three')
})
