import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from './clock.ts'
import { createQueue } from './queue.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function world() {
  const clock = testClock()
  const stop = new AbortController()
  return { clock, stop, queue: createQueue({ clock, signal: stop.signal }) }
}

test('a key added twice is taken once', async () => {
  const { queue } = world()
  queue.add('a')
  queue.add('a')
  queue.add('b')
  assert.equal(await queue.take(), 'a')
  assert.equal(await queue.take(), 'b')
  assert.equal(queue.length, 0)
})

test('a key added while it is worked on comes again only when done', async () => {
  const { queue } = world()
  queue.add('a')
  await queue.take()
  queue.add('a')
  assert.equal(queue.length, 0)
  queue.done('a')
  assert.equal(await queue.take(), 'a')
})

test('a waiting taker gets the next key', async () => {
  const { queue } = world()
  const taken = queue.take()
  queue.add('a')
  assert.equal(await taken, 'a')
})

test('retries come after 5, 10 and 20 ms, and after 5 again once forgotten', async () => {
  const { queue, clock } = world()
  const arrivals: number[] = []
  for (const forget of [false, false, false, true]) {
    if (forget) queue.forget('a')
    queue.retry('a')
    let waitedMs = 0
    while (queue.length === 0) {
      clock.advance(1)
      waitedMs += 1
      await settle()
    }
    arrivals.push(waitedMs)
    await queue.take()
    queue.done('a')
  }
  assert.deepEqual(arrivals, [5, 10, 20, 5])
})

test('of two delays for one key the earlier counts', async () => {
  const { queue, clock } = world()
  queue.addAfter('a', 100)
  queue.addAfter('a', 10)
  queue.addAfter('b', 50)
  clock.advance(10)
  await settle()
  assert.equal(await queue.take(), 'a')
  queue.done('a')
  clock.advance(40)
  await settle()
  assert.equal(await queue.take(), 'b')
  clock.advance(1000)
  await settle()
  assert.equal(queue.length, 0)
})

test('takers end when the signal aborts', async () => {
  const { queue, stop } = world()
  const taken = queue.take()
  stop.abort()
  assert.equal(await taken, undefined)
  assert.equal(await queue.take(), undefined)
})
