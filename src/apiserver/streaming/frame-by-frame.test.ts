import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { createFrameCutter, pipeFrames } from './frame-by-frame.ts'

const head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'

function frame(size: number, fill: string): Buffer {
  const payload = Buffer.alloc(size, fill)
  if (size < 126) return Buffer.concat([Buffer.from([0x82, size]), payload])
  const header = Buffer.alloc(size < 65_536 ? 4 : 10)
  header.set([0x82, size < 65_536 ? 126 : 127])
  if (size < 65_536) header.writeUInt16BE(size, 2)
  else header.writeBigUInt64BE(BigInt(size), 2)
  return Buffer.concat([header, payload])
}

const masked = Buffer.from([0x82, 0x83, 1, 2, 3, 4, 9, 9, 9])
const frames = [frame(3, 'a'), frame(0, ''), frame(200, 'b'), masked, frame(70_000, 'c')]
const all = Buffer.concat([Buffer.from(head), ...frames])

test('no piece reaches over the end of a frame, wherever the bytes are cut', () => {
  const ends = new Set<number>()
  let at = head.length
  ends.add(at)
  for (const { length } of frames) ends.add((at += length))
  for (const size of [1, 2, 3, 7, 61, 1000, all.length]) {
    const cut = createFrameCutter()
    const pieces: Uint8Array[] = []
    for (let from = 0; from < all.length; from += size)
      pieces.push(...cut(all.subarray(from, from + size)))
    assert.deepEqual(Buffer.concat(pieces), all)
    let place = 0
    for (const { length } of pieces) {
      const crossed = [...ends].filter((end) => end > place && end < place + length)
      assert.deepEqual(crossed, [])
      place += length
    }
  }
})

test('frames that come together are written one by one, each when the one before is through', async () => {
  const written: number[] = []
  let isWriting = false
  const sink = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      assert.equal(isWriting, false)
      isWriting = true
      written.push(chunk.length)
      setImmediate(() => {
        isWriting = false
        done()
      })
    },
    writev() {
      assert.fail('several frames in one write')
    },
  })
  const source = Duplex.from([Buffer.from(`${head}\x82\x01a\x82\x02bc`, 'latin1')])
  await pipeFrames(source, sink)
  assert.deepEqual(written, [head.length, 3, 4])
})
