import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader, encodeFrame, encodeJson, type Frame, frame } from './protocol.ts'

test('frames come out as they went in, however they are cut', () => {
  const sent = Buffer.concat([
    encodeJson({ seq: 1, verb: 'list' }),
    encodeFrame(frame.stdout, Buffer.from('hello')),
    encodeFrame(frame.endOfStdin, new Uint8Array()),
  ])
  for (let size = 1; size <= sent.length; size++) {
    const seen: Frame[] = []
    const read = createFrameReader((received) =>
      seen.push({ ...received, body: Buffer.from(received.body) }),
    )
    for (let from = 0; from < sent.length; from += size) read(sent.subarray(from, from + size))
    assert.deepEqual(
      seen.map(({ kind, body }) => [kind, body.toString()]),
      [
        [0, '{"seq":1,"verb":"list"}'],
        [2, 'hello'],
        [4, ''],
      ],
    )
  }
})

test('what is no frame is refused', () => {
  const read = createFrameReader(() => {})
  assert.throws(
    () => read(Buffer.from('GET / HTTP/1.1\r\n')),
    /does not speak the supervisor protocol/,
  )
})
