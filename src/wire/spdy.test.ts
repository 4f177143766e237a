import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { createSpdyDecoder, encodeFrame } from './spdy-frames.ts'
import {
  createHeaderCompression,
  decodeHeaderBlock,
  encodeHeaderBlock,
  spdyDictionary,
} from './spdy-headers.ts'
import { SpdySession, type SpdyStream } from './spdy-session.ts'

/** What spdy-transport 3.0.0 sends: SETTINGS, WINDOW_UPDATE, then two streams with data. */
const recorded = Buffer.from(
  '800300040000000c00000001010000070000ffff800300090000000800000000ffffffff80030001000000b8' +
    '000000010000000060003830e3c6a7c2009e0061ff000000080000000a73747265616d747970650000000565' +
    '72726f7200000004706f7274000000023830000000097265717565737469640000000130000000073a6d6574' +
    '686f6400000004504f5354000000083a76657273696f6e00000008485454502f312e31000000053a70617468' +
    '000000012f000000073a736368656d65000000056874747073000000053a686f7374000000096c6f63616c68' +
    '6f7374000000ffff000000010000000568656c6c6f000000010100000080030001000000b100000003000000' +
    '006000009d0062ff000000080000000a73747265616d74797065000000046461746100000004706f72740000' +
    '00023830000000097265717565737469640000000130000000073a6d6574686f6400000004504f5354000000' +
    '083a76657273696f6e00000008485454502f312e31000000053a70617468000000012f000000073a73636865' +
    '6d65000000056874747073000000053a686f7374000000096c6f63616c686f7374000000ffff000000030000' +
    '00067365636f6e64',
  'hex',
)

test('the dictionary is the one of the SPDY/3 draft', () => {
  assert.equal(spdyDictionary.length, 1423)
  const digest = createHash('sha256').update(spdyDictionary).digest('hex')
  assert.equal(digest, '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02')
})

test('frames of another implementation are read, cut anywhere', async () => {
  for (const size of [1, 7, 100, 10_000]) {
    const decoder = createSpdyDecoder()
    const compression = createHeaderCompression()
    const seen: string[] = []
    for (let at = 0; at < recorded.length; at += size)
      for (const frame of decoder.push(recorded.subarray(at, at + size)))
        if (frame.type === 'SYN_STREAM') {
          const { streamtype, port, requestid } = await compression.decompress(frame.block)
          seen.push(`open ${frame.stream} ${streamtype} ${port} ${requestid}`)
        } else if (frame.type === 'DATA') {
          seen.push(`data ${frame.stream} ${Buffer.from(frame.data)}${frame.fin ? ' end' : ''}`)
        } else seen.push(frame.type)
    compression.close()
    assert.deepEqual(seen, [
      'IGNORED',
      'IGNORED',
      'open 1 error 80 0',
      'data 1 hello',
      'data 1  end',
      'open 3 data 80 0',
      'data 3 second',
    ])
  }
})

test('frames are written bit for bit as the draft says', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const data = Buffer.from('hello')
  assert.equal(hex(encodeFrame({ type: 'PING', id: 1 })), '800300060000000400000001')
  assert.equal(
    hex(encodeFrame({ type: 'RST_STREAM', stream: 3, status: 5 })),
    '80030003000000080000000300000005',
  )
  assert.equal(
    hex(encodeFrame({ type: 'GOAWAY', lastStream: 7, status: 0 })),
    '80030007000000080000000700000000',
  )
  assert.equal(
    hex(encodeFrame({ type: 'DATA', stream: 1, fin: true, data })),
    '000000010100000568656c6c6f',
  )
  assert.equal(
    hex(encodeFrame({ type: 'SYN_REPLY', stream: 1, fin: false, block: Buffer.from([9]) })),
    '80030002000000050000000109',
  )
})

test('a header block survives its own codec and names are in lower case', () => {
  const block = encodeHeaderBlock({ StreamType: 'data', port: '80' })
  assert.deepEqual(decodeHeaderBlock(block), { streamtype: 'data', port: '80' })
})

test('two sessions carry streams both ways at once', async () => {
  const [near, far] = duplexPair()
  const opened: SpdyStream[] = []
  const server = new SpdySession(far, {
    isServer: true,
    onStream: (stream) => {
      opened.push(stream)
      stream.duplex.pipe(stream.duplex)
    },
  })
  const client = new SpdySession(near, { isServer: false })
  const sent = Buffer.alloc(300_000, 'x')
  const echoes = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const { duplex } = await client.open({ streamtype: name })
      duplex.end(sent)
      const chunks: Buffer[] = []
      for await (const chunk of duplex) chunks.push(chunk)
      return Buffer.concat(chunks).equals(sent)
    }),
  )
  assert.deepEqual(echoes, [true, true, true])
  assert.deepEqual(
    opened.map(({ id, headers }) => `${id} ${headers['streamtype']}`),
    ['1 a', '3 b', '5 c'],
  )
  client.close()
  await Promise.all([client.ended, server.ended])
})

test('what is no SPDY ends the session', async () => {
  const [near, far] = duplexPair()
  const server = new SpdySession(far, { isServer: true })
  near.resume()
  near.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  near.end()
  await server.ended
})
