import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventStream } from './event-stream.ts'

test('what waits is handed over at once, in order', async () => {
  const stream = createEventStream()
  stream.push(Buffer.from('a'))
  stream.push(Buffer.from('b'))
  const reader = stream[Symbol.asyncIterator]()
  assert.equal(String((await reader.next()).value), 'ab')
  const waiting = reader.next()
  stream.push(Buffer.from('c'))
  assert.equal(String((await waiting).value), 'c')
  stream.push(Buffer.from('d'))
  stream.end()
  assert.equal(String((await reader.next()).value), 'd')
  assert.equal((await reader.next()).done, true)
})

test('a client that does not read is cut off, and what waited is let go', async () => {
  const stream = createEventStream()
  for (let index = 0; index < 20; index++) stream.push(Buffer.alloc(1024 * 1024))
  const reader = stream[Symbol.asyncIterator]()
  assert.equal((await reader.next()).done, true)
})
