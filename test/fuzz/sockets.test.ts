// Clients that mean ill, or know no better: while they are at it others are served, what they cost
// is bounded, and afterwards the server is as it was.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  makeServerFolder,
  type ServerProcess,
  startServerProcess,
} from '../processes/api-server.ts'
import { ask, type Connection, connection } from '../processes/https-clients.ts'
import {
  flags,
  frame,
  frames,
  framesIn,
  getHeaders,
  headerBlock,
  pour,
  preface,
  readAll,
  statusOf,
  type Target,
  tcpTo,
  tlsTo,
} from './attackers.ts'

/** IDLE_CONNECTIONS=10000 for the whole of it. */
const idleConnections = Number(process.env['IDLE_CONNECTIONS'] ?? 400)
/** What all attacks together may add to the memory of the server: a connection of TLS has 40 KB. */
const mostMoreBytes = (300 << 20) + idleConnections * 40_000

const folder = makeServerFolder()
let server: ServerProcess
let to: Connection
let target: Target
let startBytes = 0

before(async () => {
  server = await startServerProcess(folder.path)
  to = connection(folder.ca, folder.client)
  to.port = server.port
  target = { port: server.port, ca: folder.ca, ...folder.client }
  await isServed()
  startBytes = residentBytes()
})
after(async () => {
  to.agent.destroy()
  await server.kill()
  folder[Symbol.dispose]()
})

function residentBytes(): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024
}

/** Somebody else gets an answer. */
async function isServed(): Promise<void> {
  const { status } = await ask(to, { method: 'GET', path: '/api/v1/namespaces/default' })
  assert.equal(status, 200)
}

function isBounded(): void {
  const more = residentBytes() - startBytes
  assert.ok(more < mostMoreBytes, `${Math.round(more / 2 ** 20)} MB more than at the start`)
}

const head = (line: string, ...fields: string[]) =>
  `${[line, 'Host: x', ...fields].join('\r\n')}\r\n\r\n`
const path = '/api/v1/namespaces/default/configmaps'

test(`${idleConnections} idle connections, and as many that never say a word of TLS`, async () => {
  const sockets = []
  for (let i = 0; i < idleConnections; i += 100) {
    const size = Math.min(100, idleConnections - i)
    sockets.push(...(await Promise.all(Array.from({ length: size }, () => tlsTo(target)))))
    sockets.push(...(await Promise.all(Array.from({ length: size }, () => tcpTo(target)))))
    await isServed()
  }
  await isServed()
  for (const socket of sockets) socket.destroy()
  isBounded()
})

test('heads and bodies that come a byte at a time', async () => {
  const slow = await Promise.all(Array.from({ length: 60 }, () => tlsTo(target)))
  slow.forEach((socket, index) => {
    const isBody = index % 2 === 0
    const fields = ['Content-Type: application/json', 'Content-Length: 1000000']
    socket.write(isBody ? head(`POST ${path} HTTP/1.1`, ...fields) : 'GET / HTTP/1.1\r\nX: ')
  })
  for (let round = 0; round < 10; round++) {
    for (const socket of slow) socket.write('{')
    await isServed()
  }
  for (const socket of slow) socket.destroy()
})

test('a head that is too large or has too many fields is refused', async () => {
  const large = await tlsTo(target)
  const answering = readAll(large)
  await pour(large, 200, (i) => Buffer.from(i === 0 ? 'GET / HTTP/1.1\r\nX: ' : 'x'.repeat(1000)))
  assert.equal(statusOf(await answering), 431)
  const many = await tlsTo(target)
  const fields = Array.from({ length: 3000 }, (_, i) => `X-${i}: 1`)
  const refused = readAll(many)
  many.write(head('GET / HTTP/1.1', ...fields))
  assert.equal(statusOf(await refused), 431)
  await isServed()
})

test('a client that sends its request and its end gets its answer', async () => {
  const socket = await tlsTo(target)
  const answer = readAll(socket)
  socket.end(head('GET /version HTTP/1.1'))
  assert.equal(statusOf(await answer), 200)
})

test('a body without end is refused at its limit', async () => {
  const socket = await tlsTo(target)
  const answer = readAll(socket)
  const fields = ['Content-Type: application/json', 'Transfer-Encoding: chunked']
  socket.write(head(`POST ${path} HTTP/1.1`, ...fields))
  const chunk = Buffer.from(`10000\r\n${'x'.repeat(65536)}\r\n`)
  await pour(socket, 400, () => chunk)
  assert.equal(statusOf(await answer), 413)
  isBounded()
})

test('bodies that are deep, huge, packed or no JSON are mistakes of the client', async () => {
  const post = async (body: string | Uint8Array, ...fields: string[]) => {
    const socket = await tlsTo(target)
    const answer = readAll(socket)
    const length = `Content-Length: ${Buffer.byteLength(body)}`
    const type = 'Content-Type: application/json'
    socket.write(head(`POST ${path} HTTP/1.1`, 'Connection: close', length, type, ...fields))
    socket.write(body)
    return statusOf(await answer)
  }
  const bomb = gzipSync(Buffer.alloc(50 << 20, '['))
  assert.equal(await post('['.repeat(3_000_000)), 400)
  assert.equal(await post('{"a":'.repeat(500_000)), 400)
  assert.equal(await post(`{"metadata":{"name":"a"},"data":{"a":"${'x'.repeat(2_900_000)}"}}`), 422)
  assert.equal(await post(Buffer.alloc(3_000_000, 0xff)), 400)
  const packed = await post(bomb, 'Content-Encoding: gzip')
  assert.ok(packed >= 400 && packed < 500, `${packed}`)
  await isServed()
  isBounded()
})

test('what is no TLS, or breaks off in the middle of it, costs nothing', async () => {
  const junk = [
    randomBytes(2000),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('16030100ff010000fb0303', 'hex'),
    Buffer.alloc(0),
  ]
  for (let i = 0; i < 80; i++) {
    const socket = await tcpTo(target)
    socket.resume()
    socket.end(junk[i % junk.length] ?? '')
  }
  await isServed()
})

test('HTTP/2: one request in frames of our own is answered', async () => {
  const socket = await tlsTo(target, 'h2')
  const answer = readAll(socket)
  const ends = flags.endStream | flags.endHeaders
  socket.write(Buffer.concat([preface, frame(frames.headers, ends, 1, getHeaders('/version'))]))
  await isServed()
  socket.end()
  const types = framesIn(await answer).map(({ type }) => type)
  assert.ok(types.includes(frames.headers) && types.includes(frames.data), types.join())
})

test('HTTP/2: streams that are begun and reset, as many as fit', async () => {
  const socket = await tlsTo(target, 'h2')
  const answer = readAll(socket)
  socket.write(preface)
  const block = getHeaders('/api/v1/pods')
  const cancel = Buffer.of(0, 0, 0, 8)
  const pouring = pour(socket, 20_000, (index) => {
    const stream = 2 * index + 1
    const ends = flags.endStream | flags.endHeaders
    return Buffer.concat([
      frame(frames.headers, ends, stream, block),
      frame(frames.reset, 0, stream, cancel),
    ])
  })
  await isServed()
  await pouring
  socket.end()
  const types = framesIn(await answer).map(({ type }) => type)
  assert.ok(types.includes(frames.goAway), types.join())
  await isServed()
  isBounded()
})

test('HTTP/2: settings, pings, window updates and empty frames without end', async () => {
  const floods = [
    frame(frames.settings, 0, 0, Buffer.from('000300000064', 'hex')),
    frame(frames.ping, 0, 0, Buffer.alloc(8)),
    frame(frames.windowUpdate, 0, 0, Buffer.of(0, 0, 0, 1)),
    frame(frames.data, 0, 1),
  ]
  for (const flood of floods) {
    const socket = await tlsTo(target, 'h2')
    // What is sent back is not taken.
    socket.pause()
    socket.write(preface)
    const many = Buffer.concat(Array.from({ length: 100 }, () => flood))
    await pour(socket, 300, () => many)
    await isServed()
    socket.destroy()
  }
  isBounded()
})

test('HTTP/2: a head that goes on and on, and one of very many fields', async () => {
  const socket = await tlsTo(target, 'h2')
  const answer = readAll(socket)
  socket.write(preface)
  socket.write(frame(frames.headers, flags.endStream, 1, getHeaders('/version')))
  const more = headerBlock(
    Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'x'.repeat(40)])),
  )
  await pour(socket, 2000, () => frame(frames.continuation, 0, 1, more))
  socket.end()
  await answer
  await isServed()
  isBounded()
})

test('watchers that never read what they are told share it', async () => {
  const watchers = await Promise.all(Array.from({ length: 20 }, () => tlsTo(target)))
  for (const socket of watchers) {
    socket.pause()
    socket.write(head(`GET ${path}?watch=1 HTTP/1.1`))
  }
  const text = 'x'.repeat(500_000)
  for (let i = 0; i < 60; i++) {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'big' },
      data: { text, i: `${i}` },
    }
    const asked = i === 0 ? { method: 'POST', path } : { method: 'PUT', path: `${path}/big` }
    assert.ok((await ask(to, { ...asked, body })).status < 300)
  }
  await isServed()
  isBounded()
  for (const socket of watchers) socket.destroy()
})
