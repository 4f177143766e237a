import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../api/types.gen.ts'
import { testClock } from '../lib/clock.ts'
import { createSchedulingQueue } from './scheduling-queue.ts'

const pod = (name: string, priority = 0): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, uid: name },
  spec: { containers: [], priority },
})
const turn = () => new Promise((resolve) => setImmediate(resolve))

function world() {
  const clock = testClock()
  const stop = new AbortController()
  const queue = createSchedulingQueue(clock, stop.signal)
  const take = async () => (await queue.take()) ?? assert.fail('nothing in the queue')
  return { clock, stop, queue, take }
}

test('the most important Pod comes first, then the one that waits longest', async () => {
  const { queue, clock, take } = world()
  for (const each of [pod('first'), pod('second'), pod('urgent', 10)]) {
    queue.put(each)
    clock.advance(1)
  }
  const names = [await take(), await take(), await take()].map((entry) => entry.pod.metadata.name)
  assert.deepEqual(names, ['urgent', 'first', 'second'])
})

test('a parked Pod waits for a change, and then only for what is left of its back-off', async () => {
  const { queue, clock, take } = world()
  queue.put(pod('web'))
  queue.park(await take())
  clock.advance(5000)
  queue.wake(() => false)
  await turn()
  const taken = take()
  queue.wake()
  const again = await taken
  assert.equal(again.attempts, 1)
  queue.park(again)
  queue.wake()
  let isTaken = false
  const third = take().then(() => {
    isTaken = true
  })
  clock.advance(1999)
  await turn()
  assert.equal(isTaken, false)
  clock.advance(1)
  await third
})

test('what changes while a Pod is tried is not missed', async () => {
  const { queue, clock, take } = world()
  queue.put(pod('web'))
  const entry = await take()
  queue.wake()
  queue.park(entry)
  clock.advance(1000)
  await turn()
  assert.equal((await take()).pod.metadata.name, 'web')
})

test('a removed Pod does not come', async () => {
  const { queue, stop } = world()
  queue.put(pod('web'))
  queue.remove(pod('web'))
  const taken = queue.take()
  stop.abort()
  assert.equal(await taken, undefined)
})
