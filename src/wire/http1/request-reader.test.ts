import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { BadHttp } from './request-head.ts'
import { RequestReader } from './request-reader.ts'

const limits = { bytes: 1024, fields: 16 }

interface Seen {
  readonly line: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Everything a reader makes of pieces; a fault ends the list. */
function read(pieces: readonly Buffer[]): (Seen | string)[] {
  const reader = new RequestReader(limits)
  const seen: (Seen | string)[] = []
  let body = ''
  let head: Omit<Seen, 'body'> | undefined
  const finish = () => {
    if (head) seen.push({ ...head, body })
    head = undefined
    body = ''
  }
  try {
    for (const piece of pieces) {
      reader.push(piece)
      for (let event = reader.next(); event; event = reader.next()) {
        if (event.type === 'head') {
          const { method, target, headers, body: announced } = event.head
          head = { line: `${method} ${target}`, headers: { ...headers } }
          if (announced === 0) finish()
        } else if (event.type === 'body') body += event.bytes.toString('latin1')
        else finish()
      }
    }
  } catch (error) {
    assert.ok(error instanceof BadHttp)
    seen.push(String(error.status))
  }
  return seen
}

const readText = (text: string) => read([Buffer.from(text, 'latin1')])

test('requests follow each other, with and without bodies', () => {
  const text = [
    'GET /api?watch=1 HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two:  2 \r\n\r\n',
    '\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    '3;name="x"\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n',
    'DELETE http://a/d HTTP/1.0\r\n\r\n',
  ].join('')
  assert.deepEqual(readText(text), [
    { line: 'GET /api?watch=1', headers: { host: 'a', 'x-two': ['1', '2'] }, body: '' },
    { line: 'POST /b', headers: { host: 'a', 'content-length': '5' }, body: 'hello' },
    {
      line: 'PUT /c',
      headers: { host: 'a', 'transfer-encoding': 'chunked' },
      body: 'abc0123456789',
    },
    { line: 'DELETE /d', headers: {}, body: '' },
  ])
})

const get = 'GET / HTTP/1.1\r\nHost: a\r\n'
const post = 'POST / HTTP/1.1\r\nHost: a\r\n'
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`

const refused: readonly (readonly [name: string, text: string, status: number])[] = [
  ['both lengths', `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
  ['two lengths', `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 400],
  ['the same length twice', `${post}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`, 400],
  ['a list of lengths', `${post}Content-Length: 3, 3\r\n\r\n`, 400],
  ['a signed length', `${post}Content-Length: +3\r\n\r\n`, 400],
  ['a hexadecimal length', `${post}Content-Length: 0x3\r\n\r\n`, 400],
  ['an empty length', `${post}Content-Length:\r\n\r\n`, 400],
  ['a length beyond exact numbers', `${post}Content-Length: 99999999999999999\r\n\r\n`, 400],
  ['another coding', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
  ['chunked twice', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, 501],
  ['a coding that looks like chunked', `${post}Transfer-Encoding: xchunked\r\n\r\n`, 501],
  ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a folded line', `${get}X: a\r\n b\r\n\r\n`, 400],
  ['a space before the colon', `${get}Content-Length : 3\r\n\r\n`, 400],
  ['a line without a colon', `${get}what\r\n\r\n`, 400],
  ['a field without a name', `${get}: b\r\n\r\n`, 400],
  ['a NUL', `${get}X: a\0b\r\n\r\n`, 400],
  ['a bare CR', `${get}X: a\rb\r\n\r\n`, 400],
  ['a bare LF', `${get}X: a\nY: b\r\n\r\n`, 400],
  ['lines that end in LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', `${get}Host: b\r\n\r\n`, 400],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ['two spaces', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target that is no path', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  ['an unknown expectation', `${post}Expect: tea\r\n\r\n`, 417],
  ['a long line', `${get}X: ${'x'.repeat(2000)}`, 431],
  ['many fields', `${get}${'X: y\r\n'.repeat(20)}\r\n`, 431],
  ['no chunk size', `${chunked}\r\n`, 400],
  ['a bad chunk size', `${chunked}5g\r\n`, 400],
  ['a signed chunk size', `${chunked}-5\r\nhello\r\n`, 400],
  ['a chunk size with a prefix', `${chunked}0x5\r\nhello\r\n`, 400],
  ['a chunk size with spaces', `${chunked}5 \r\nhello\r\n`, 400],
  ['a chunk size beyond 32 bits', `${chunked}fffffffff\r\n`, 400],
  ['a chunk size that ends in LF', `${chunked}5\nhello\r\n`, 400],
  ['a chunk longer than its size', `${chunked}5\r\nhello!\r\n`, 400],
  ['a chunk that ends in LF', `${chunked}5\r\nhello\n0\r\n\r\n`, 400],
  ['an endless extension', `${chunked}5;${'x'.repeat(400)}`, 400],
  ['a trailer that is none', `${chunked}0\r\nGET / HTTP/1.1\r\n\r\n`, 400],
  ['endless trailers', `${chunked}0\r\n${`X: ${'y'.repeat(100)}\r\n`.repeat(100)}`, 400],
]

test('what two readers could understand differently is refused', () => {
  for (const [name, text, status] of refused)
    assert.deepEqual(readText(text), [String(status)], name)
})

test('a field may be called as a property of every object', () => {
  const [seen] = readText(`${get}__proto__: x\r\nconstructor: y\r\n\r\n`)
  assert.ok(typeof seen === 'object')
  assert.deepEqual(Object.keys(seen.headers), ['host', '__proto__', 'constructor'])
})

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
const body = fc.string({ unit: 'binary-ascii', maxLength: 40 })

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    path: fc.stringMatching(/^[!-"$-~]{0,20}$/),
    fields: fc.array(fc.tuple(token, value), { maxLength: 4 }),
    body,
    chunks: fc.option(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })),
  })
  .map(({ method, path, fields, body, chunks }) => {
    const own = fields.filter(([name]) => !/^(host|expect|connection|upgrade)$/.test(name))
    const lines = own.map(([name, text]) => `x-${name}: ${text}\r\n`).join('')
    const head = `${method} /${path} HTTP/1.1\r\nHost: a\r\n${lines}`
    if (!chunks) return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
    return `${head}Transfer-Encoding: chunked\r\n\r\n${inChunks(body, chunks)}`
  })

function inChunks(text: string, sizes: readonly number[]): string {
  let at = 0
  const pieces = [...sizes, text.length].flatMap((size) => {
    const piece = text.slice(at, at + size)
    at += size
    return piece ? [`${piece.length.toString(16)}\r\n${piece}\r\n`] : []
  })
  return `${pieces.join('')}0\r\n\r\n`
}

const requests = fc
  .array(request, { minLength: 1, maxLength: 3 })
  .map((texts) => Buffer.from(texts.join(''), 'latin1'))

const changedByte = fc.constantFrom(0, 9, 10, 13, 32, 44, 48, 58, 59, 97, 128)

/** Requests of which a few bytes were changed. */
const stream = fc
  .tuple(requests, fc.array(fc.tuple(fc.nat(), changedByte), { maxLength: 2 }))
  .map(([bytes, changes]) => {
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return bytes
  })

/** Of several faults in one head, the one that is named may be another. */
function unnamed(seen: readonly (Seen | string)[]) {
  return seen.map((each) => (typeof each === 'string' ? 'refused' : each))
}

test('however the bytes are split, the requests are the same', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
      const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b)
      let from = 0
      const pieces = ends.map((end) => {
        const piece = Buffer.from(bytes.subarray(from, end))
        from = end
        return piece
      })
      const single = Array.from(bytes, (byte) => Buffer.of(byte))
      const whole = unnamed(read([bytes]))
      assert.deepEqual(unnamed(read(pieces)), whole)
      assert.deepEqual(unnamed(read(single)), whole)
    }),
    { numRuns: 300 },
  )
})

/** What node:http makes of the same bytes: another reader, written by others. */
async function readByNode(bytes: Buffer, atLeast: number): Promise<Seen[]> {
  const seen: Seen[] = []
  const server = createServer({ joinDuplicateHeaders: true })
  const [client, socket] = duplexPair()
  server.on('request', (message, answer) => {
    let body = ''
    message.on('error', () => {})
    message.setEncoding('latin1').on('data', (chunk) => {
      body += chunk
    })
    message.on('end', () => {
      const line = `${message.method} ${message.url}`
      seen.push({ line, headers: joined(message.headers), body })
      answer.end()
    })
  })
  server.on('clientError', () => {})
  server.emit('connection', socket)
  client.resume()
  client.write(bytes)
  for (let turn = 0; turn < 50 && seen.length < atLeast; turn++) await new Promise(setImmediate)
  client.destroy()
  socket.destroy()
  return seen
}

function joined(headers: Seen['headers'] | IncomingHttpHeaders): Seen['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, [values].flat().join(', ')]),
  )
}

async function bothReadings(bytes: Buffer): Promise<[Seen[], Seen[]]> {
  const ours = read([bytes]).filter((each) => typeof each === 'object')
  const theirs = await readByNode(bytes, ours.length)
  return [ours.map((each) => ({ ...each, headers: joined(each.headers) })), theirs]
}

test('node:http reads the same requests', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (bytes) => {
      const [ours, theirs] = await bothReadings(bytes)
      assert.deepEqual(ours, theirs)
    }),
    { numRuns: 100 },
  )
})

test('of damaged requests node:http reads none that is another one here', async () => {
  await fc.assert(
    fc.asyncProperty(stream, async (bytes) => {
      const [ours, theirs] = await bothReadings(bytes)
      // Each of the two may refuse what the other takes.
      const both = Math.min(ours.length, theirs.length)
      assert.deepEqual(ours.slice(0, both), theirs.slice(0, both))
    }),
    { numRuns: 200 },
  )
})
