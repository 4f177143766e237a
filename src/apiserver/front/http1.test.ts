import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { textAnswer } from '../answer.ts'
import type { ChainHandler } from '../chain-request.ts'
import { createTestPki } from '../testing/test-pki.ts'
import { type ConnectionContext, Http1Connection } from './http1-connection.ts'
import { openFront } from './tls-front.ts'

const pki = createTestPki()

/** Answers with what was asked: method, path and body. */
const echo: ChainHandler = async (request) =>
  textAnswer(200, `${request.method} ${request.path} ${Buffer.from(await request.body())}`)

/** Says no before it has read anything. */
const deaf: ChainHandler = async () => textAnswer(403, 'no')

async function fronted(context: TestContext, handler: ChainHandler): Promise<TLSSocket> {
  const front = openFront(handler, { ...pki.server, clientCa: pki.ca })
  await front.listen({ address: '127.0.0.1', port: 0 })
  context.after(() => front.close())
  const socket = connect({ host: '127.0.0.1', port: front.addresses[0]?.port ?? 0, ca: pki.ca })
  socket.on('error', () => {})
  context.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** What the server sends until it closes, without the fields that change. */
async function untilClosed(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  return text.replaceAll(/(Date|Content-Type|X-Content-Type-Options): .*\r\n/g, '')
}

async function asked(context: TestContext, handler: ChainHandler, text: string): Promise<string> {
  const socket = await fronted(context, handler)
  socket.write(text, 'latin1')
  return untilClosed(socket)
}

const last = 'Host: a\r\nConnection: close\r\n'
const ok = (body: string, fields = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`
const okLast = (body: string) => ok(body, 'Connection: close\r\n')

test('requests that come together are answered in their order', async (context) => {
  const text = [
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
    'PUT /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n',
    `GET /4 HTTP/1.1\r\n${last}\r\n`,
    'GET /5 HTTP/1.1\r\nHost: a\r\n\r\n',
  ].join('')
  assert.equal(
    await asked(context, echo, text),
    ok('GET /1 ') + ok('POST /2 hi') + ok('PUT /3 hi!') + okLast('GET /4 '),
  )
})

test('a body that nobody read is passed over', async (context) => {
  const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET GET / HTTP/1.1\r\n${last}\r\n`
  assert.equal(
    await asked(context, deaf, text),
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno' +
      'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
  )
})

test('HTTP/1.0 gets one answer, more where it asks', async (context) => {
  assert.equal(await asked(context, echo, 'GET /1 HTTP/1.0\r\n\r\n'), okLast('GET /1 '))
  const kept = 'GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
  assert.equal(
    await asked(context, echo, `${kept}GET /2 HTTP/1.0\r\n\r\n`),
    ok('GET /1 ', 'Connection: keep-alive\r\n') + okLast('GET /2 '),
  )
})

const streamed: ChainHandler = async () => ({
  status: 200,
  headers: {},
  body: (async function* () {
    yield Buffer.from('one')
    yield Buffer.alloc(0)
    yield Buffer.from('and two')
  })(),
})

test('a stream comes in chunks, and to HTTP/1.0 until the end', async (context) => {
  assert.equal(
    await asked(context, streamed, `GET / HTTP/1.1\r\n${last}\r\n`),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n7\r\nand two\r\n0\r\n\r\n',
  )
  assert.equal(
    await asked(context, streamed, 'GET / HTTP/1.0\r\n\r\n'),
    'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\noneand two',
  )
})

test('HEAD is answered by the head alone, whatever the body', async (context) => {
  const head = `HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\n${last}\r\n`
  assert.equal(
    await asked(context, deaf, head),
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n' +
      'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\n',
  )
  assert.equal(
    await asked(context, streamed, head),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
  )
})

test('a client that waits for leave gets it when its body is wanted', async (context) => {
  const socket = await fronted(context, echo)
  socket.write(`POST / HTTP/1.1\r\n${last}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
  const [leave] = await once(socket, 'data')
  assert.equal(String(leave), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('hi')
  assert.equal(await untilClosed(socket), okLast('POST / hi'))
})

test('a client that waits for leave is refused without it', async (context) => {
  const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`
  assert.equal(
    await asked(context, deaf, text),
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
  )
})

test('bytes that are no request are refused, also behind a good one', async (context) => {
  const refusal = (text: string) =>
    `HTTP/1.1 ${text.slice(0, 3)} Bad Request\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`
  assert.equal(
    await asked(context, echo, 'GET / HTTP/1.1\r\n\r\n'),
    refusal('400 missing required Host header'),
  )
  assert.equal(
    await asked(context, echo, 'GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n'),
    ok('GET / ') + refusal('400 malformed HTTP request'),
  )
})

/** Says what became of the body. */
const wants: ChainHandler = async (request) =>
  textAnswer(
    200,
    await request.body().then(
      () => 'taken',
      ({ message }: Error) => message,
    ),
  )

test('a body that breaks off in nonsense fails, and its connection ends', async (context) => {
  const text = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'
  assert.equal(await asked(context, wants, text), okLast('malformed chunked encoding'))
})

test('a body of any size gets the answer that refuses it', async (context) => {
  const size = 5 * 1024 * 1024
  const refusal = 'Request entity too large: limit is 3145728'
  for (const field of [`Content-Length: ${size}`, 'Transfer-Encoding: chunked']) {
    const socket = await fronted(context, wants)
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`)
    socket.write(`${size.toString(16)}\r\n`)
    socket.write(Buffer.alloc(size, 'x'))
    assert.equal(await untilClosed(socket), okLast(refusal))
  }
})

test('whoever still reads the body of a request that is answered gets no more of it', async (context) => {
  const left = Promise.withResolvers<string>()
  const early: ChainHandler = async ({ bodyStream }) => {
    const reading = (async () => {
      for await (const _ of bodyStream);
    })()
    reading.then(
      () => left.resolve('all of it'),
      ({ message }: Error) => left.resolve(message),
    )
    return textAnswer(200, 'ok')
  }
  const socket = await fronted(context, early)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')
  assert.equal(await left.promise, 'the request has been answered')
})

test('a large answer is made as the client takes it, each piece once', async (context) => {
  const byteLength = 64 * 1024 * 1024
  let made = 0
  const sent = createHash('sha256')
  const large: ChainHandler = async () => ({
    status: 200,
    headers: {},
    body: {
      byteLength,
      read(into) {
        const size = Math.min(into.length, byteLength - made)
        // The buffer is filled again and again, each time with something else.
        into.fill(`${made} `, 0, size)
        sent.update(into.subarray(0, size))
        made += size
        return size
      },
    },
  })
  const socket = await fronted(context, large)
  socket.write(`GET / HTTP/1.1\r\n${last}\r\n`)
  await once(socket, 'readable')
  await settle()
  // What the kernel buffers for a client that does not read is far less than the answer.
  assert.ok(made < byteLength / 2, `${made} bytes`)
  const received = createHash('sha256')
  let head = ''
  socket.on('data', (chunk: Buffer) => {
    const end = head.includes('\r\n\r\n') ? 0 : chunk.indexOf('\r\n\r\n') + 4
    head += chunk.toString('latin1', 0, end)
    received.update(chunk.subarray(end))
  })
  await once(socket, 'close')
  assert.equal(made, byteLength)
  assert.equal(received.digest('hex'), sent.digest('hex'))
})

/** Lets everything that can happen now happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
}

test('a client that asks on and on without reading is answered as it reads', async (context) => {
  const asked = 3000
  let answered = 0
  const many: ChainHandler = async () => {
    answered++
    return textAnswer(200, 'x'.repeat(16 * 1024))
  }
  const socket = await fronted(context, many)
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(asked - 1))
  socket.write(`GET / HTTP/1.1\r\n${last}\r\n`)
  await once(socket, 'readable')
  await settle()
  assert.ok(answered < asked / 2, `${answered} answers`)
  socket.resume()
  await once(socket, 'close')
  assert.equal(answered, asked)
})

test('another protocol that nobody speaks is passed over', async (context) => {
  const text = `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nGET /2 HTTP/1.1\r\n${last}\r\n`
  assert.equal(await asked(context, echo, text), ok('GET / ') + okLast('GET /2 '))
})

/** A connection by itself, whose clock and bounds the test moves. */
async function alone(context: TestContext, serve: ConnectionContext['serve']) {
  let nowMs = 0
  let isRoom = true
  const accepted = Promise.withResolvers<Http1Connection>()
  const server = createServer((socket) => {
    const connection = new Http1Connection(
      // The connection asks nothing of TLS.
      socket as unknown as TLSSocket,
      { address: '', certificateUser: undefined },
      {
        serve,
        nowMs: () => nowMs,
        httpDate: () => '',
        account: () => isRoom,
        rested() {},
        closed() {},
      },
    )
    accepted.resolve(connection)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const { connect: connectTcp } = await import('node:net')
  const client = connectTcp(address.port, '127.0.0.1')
  context.after(() => client.destroy())
  const connection = await accepted.promise
  return {
    client,
    pass(ms: number) {
      nowMs += ms
      connection.check(nowMs)
      return connection.socket.destroyed || connection.socket.writableEnded
    },
    fill: () => {
      isRoom = false
    },
    sent: async (text: string) => {
      client.write(text)
      await once(connection.socket, 'data')
    },
    connection,
  }
}

const answering: ConnectionContext['serve'] = async (exchange) => {
  await exchange.body.whole(100).catch(() => {})
  exchange.answer(200, {}, Buffer.from('ok'))
}

test('a connection that sends no whole head in 32 seconds ends', async (context) => {
  const { pass, sent } = await alone(context, answering)
  await sent('GET / HT')
  assert.equal(pass(32_000), false)
  assert.equal(pass(1), true)
})

test('a connection is idle for 90 seconds at most, and its next head has 32', async (context) => {
  const idle = await alone(context, answering)
  await idle.sent('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await settle()
  assert.equal(idle.pass(90_000), false)
  assert.equal(idle.pass(1), true)
  const slow = await alone(context, answering)
  await slow.sent('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await settle()
  assert.equal(slow.pass(89_000), false)
  await slow.sent('G')
  assert.equal(slow.pass(32_000), false)
  assert.equal(slow.pass(1), true)
})

test('a body has a minute', async (context) => {
  const { pass, sent, client } = await alone(context, answering)
  await sent('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')
  assert.equal(pass(60_000), false)
  const answer = once(client, 'data')
  pass(1)
  assert.match(String(await answer), /^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n/s)
})

test('a client that takes nothing of its answer for two minutes is cut off', async (context) => {
  const { pass, sent } = await alone(context, async (exchange) => {
    exchange.begin(200, {})
    exchange.write(Buffer.alloc(32 * 1024 * 1024))
    await new Promise((resolve) => exchange.onClose(() => resolve(undefined)))
  })
  await sent('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await settle()
  assert.equal(pass(1_000), false)
  assert.equal(pass(120_000), false)
  assert.equal(pass(1), true)
})

test('a stream that is silent for long goes on', async (context) => {
  const { pass, sent } = await alone(context, async (exchange) => {
    exchange.begin(200, {})
    await new Promise((resolve) => exchange.onClose(() => resolve(undefined)))
  })
  await sent('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await settle()
  assert.equal(pass(10_000_000), false)
})

test('an unfinished head is dropped when those of all connections are too much', async (context) => {
  const { pass, sent, fill } = await alone(context, answering)
  await sent('GET / HTTP/1.1\r\n')
  assert.equal(pass(0), false)
  fill()
  await sent('Host: a\r\n')
  assert.equal(pass(0), true)
})
