import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frame, PushSink } from '../request.ts'
import { frameOf } from './frame.ts'
import { createOutlet } from './outlet.ts'

const frame = (text: string): Frame => {
  const made = frameOf([Buffer.from(text)])
  assert.ok(made)
  return made
}

/** A client that takes `room` frames and then waits until it is told to go on. */
function fakeClient(room = Number.POSITIVE_INFINITY) {
  const got: string[] = []
  let left = room
  let wake = () => {}
  const onClose: (() => void)[] = []
  const sink: PushSink & { isGone: boolean } = {
    isGone: false,
    writeFrame({ body }: Frame) {
      got.push(body.toString('latin1', 0, 5))
      return --left > 0
    },
    drained: () =>
      new Promise<void>((resolve) => {
        wake = resolve
      }),
    end: () => void got.push('end'),
    onClose: (callback: () => void) => void onClose.push(callback),
  }
  return {
    sink,
    got,
    async goOn(frames: number) {
      left = frames
      wake()
      await new Promise(setImmediate)
    },
    leave() {
      sink.isGone = true
      for (const callback of onClose) callback()
      wake()
    },
  }
}

test('what a client keeps up with waits nowhere', () => {
  const { sink, got } = fakeClient()
  const outlet = createOutlet(sink)
  outlet.push(frame('a'))
  outlet.push(frame('b'))
  assert.deepEqual(got, ['a', 'b'])
})

test('what a client is behind with waits in order, and goes out as it drains', async () => {
  const { sink, got, goOn } = fakeClient(1)
  const outlet = createOutlet(sink)
  for (const text of ['a', 'b', 'c', 'd']) outlet.push(frame(text))
  assert.deepEqual(got, ['a'])
  await goOn(2)
  assert.deepEqual(got, ['a', 'b', 'c'])
  outlet.push(frame('e'))
  outlet.end()
  outlet.push(frame('late'))
  await goOn(9)
  await outlet.ended
  assert.deepEqual(got, ['a', 'b', 'c', 'd', 'e'])
})

test('whoever reads for one watcher alone can wait for it', async () => {
  const { sink, goOn } = fakeClient(1)
  const outlet = createOutlet(sink)
  await outlet.ready()
  outlet.push(frame('a'))
  let isReady = false
  const ready = outlet.ready().then(() => {
    isReady = true
  })
  await new Promise(setImmediate)
  assert.equal(isReady, false)
  await goOn(9)
  await ready
})

test('a client too far behind is cut off where it is, and what waited is let go', async () => {
  const { sink, got, goOn } = fakeClient(1)
  const outlet = createOutlet(sink)
  outlet.push(frame('first'))
  const large = frame('x'.repeat(1024 * 1024))
  for (let count = 0; count < 16; count++) outlet.push(large)
  outlet.push(frame('more than 16 MB'))
  await goOn(99)
  await outlet.ended
  assert.deepEqual(got, ['first'])
})

test('a client that leaves ends its outlet', async () => {
  const { sink, leave } = fakeClient(1)
  const outlet = createOutlet(sink)
  outlet.push(frame('a'))
  outlet.push(frame('b'))
  leave()
  await outlet.ended
})
