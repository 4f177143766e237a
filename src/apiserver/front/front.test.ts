import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { get } from 'node:https'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import { textAnswer } from '../answer.ts'
import type { ChainHandler } from '../chain-request.ts'
import { createTestPki } from '../testing/test-pki.ts'
import { type Front, openFront } from './tls-front.ts'

const pki = createTestPki()
const tls = { ...pki.server, clientCa: pki.ca }

async function fronted(handler: ChainHandler) {
  const front = openFront(handler, tls)
  await front.listen({ address: '127.0.0.1', port: 0 })
  return { front, port: front.addresses[0]?.port ?? 0 }
}

/** Sends one chunk, then nothing until the request is aborted. */
const endless: ChainHandler = async ({ signal }) => ({
  status: 200,
  headers: {},
  body: (async function* () {
    yield Buffer.from('first')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })(),
})

async function firstChunk(front: Front, port: number) {
  const message = await new Promise<IncomingMessage>((resolve) =>
    get({ port, host: '127.0.0.1', ca: pki.ca, agent: false }, resolve),
  )
  const [chunk] = await once(message, 'data')
  return { front, message, text: String(chunk) }
}

test('a stream is sent as it comes, and ends when the server closes', async () => {
  const { front, port } = await fronted(endless)
  const { message, text } = await firstChunk(front, port)
  assert.equal(text, 'first')
  const ended = once(message, 'end')
  await front.close()
  await ended
})

test('the signal of a request aborts when its client goes away', async () => {
  let aborted: Promise<unknown> = Promise.resolve()
  const { front, port } = await fronted((request) => {
    aborted = once(request.signal, 'abort')
    return endless(request)
  })
  const { message } = await firstChunk(front, port)
  message.destroy()
  await aborted
  await front.close()
})

test('of a stream larger than any buffer all arrives', async () => {
  const chunk = Buffer.alloc(256 * 1024, 'x')
  const { front, port } = await fronted(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      for (let count = 0; count < 40; count++) yield chunk
    })(),
  }))
  const message = await new Promise<IncomingMessage>((resolve) =>
    get({ port, host: '127.0.0.1', ca: pki.ca, agent: false }, resolve),
  )
  let bytes = 0
  for await (const part of message) bytes += part.length
  assert.equal(bytes, chunk.length * 40)
  await front.close()
})

test('a large answer is packed for who accepts it', async () => {
  const text = 'x'.repeat(200_000)
  const { front, port } = await fronted(async () => textAnswer(200, text))
  const fetch = (headers: Record<string, string>) =>
    new Promise<{ encoding: string | undefined; body: Buffer }>((resolve) =>
      get({ port, host: '127.0.0.1', ca: pki.ca, agent: false, headers }, async (message) => {
        const chunks: Buffer[] = []
        for await (const chunk of message) chunks.push(chunk)
        resolve({
          encoding: message.headers['content-encoding'],
          body: Buffer.concat(chunks),
        })
      }),
    )
  const plain = await fetch({})
  assert.equal(plain.encoding, undefined)
  assert.equal(plain.body.toString(), text)
  const packed = await fetch({ 'accept-encoding': 'gzip' })
  assert.equal(packed.encoding, 'gzip')
  assert.equal(gunzipSync(packed.body).toString(), text)
  await front.close()
})

test('a server that was handed over is served as well', async () => {
  const front = openFront(async () => textAnswer(200, 'ok'), tls)
  const given = createServer()
  await new Promise<void>((resolve) => given.listen(0, '127.0.0.1', resolve))
  await front.listen(given)
  const port = front.addresses[0]?.port ?? 0
  const { text } = await firstChunk(front, port)
  assert.equal(text, 'ok')
  await front.close()
  assert.equal(given.listening, false)
})

test('over HTTP/2 a refused body of any size still gets its answer', async () => {
  const { front, port } = await fronted(async (request) => {
    const refused = await request.body().then(
      () => 'taken',
      (error: Error) => error.message,
    )
    return textAnswer(413, refused)
  })
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pki.ca })
  const stream = session.request({ ':method': 'POST', ':path': '/' })
  stream.end(Buffer.alloc(5 * 1024 * 1024))
  stream.setEncoding('utf8')
  let text = ''
  for await (const chunk of stream) text += chunk
  assert.equal(text, 'Request entity too large: limit is 3145728')
  session.close()
  await front.close()
})

test('with too many connections the one that waits longest makes room, and none that works', async () => {
  const front = openFront(endless, tls, { mostConnections: 2 })
  await front.listen({ address: '127.0.0.1', port: 0 })
  const port = front.addresses[0]?.port ?? 0
  const idle = connectTls({ port, host: '127.0.0.1', ca: pki.ca })
  idle.on('error', () => {}).resume()
  const closed = once(idle, 'close')
  await once(idle, 'secureConnect')
  // The client knows of the connection before the server does.
  const first = await firstChunk(front, port)
  const second = await firstChunk(front, port)
  await closed
  assert.deepEqual([first.text, second.text], ['first', 'first'])
  await assert.rejects(
    new Promise((_, reject) => {
      connectTls({ port, host: '127.0.0.1', ca: pki.ca }).on('error', reject)
    }),
  )
  await front.close()
})

test('a connection that is not TLS, or does not speak HTTP, harms nobody', async () => {
  const { front, port } = await fronted(async () => textAnswer(200, 'ok'))
  const garbage = connectTls({ port, host: '127.0.0.1', ca: pki.ca })
  garbage.on('error', () => {})
  garbage.end('nonsense\r\n\r\n')
  garbage.resume()
  await once(garbage, 'close')
  assert.equal((await firstChunk(front, port)).text, 'ok')
  await front.close()
})

test('an answer to a client that has gone is dropped, whole or streamed, in both framings', async () => {
  let gone = () => {}
  const answers = [
    textAnswer(200, 'late'),
    {
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('late')
        yield Buffer.from('later')
      })(),
    },
  ]
  for (const answer of answers)
    for (const leave of [leaveHttp1, leaveHttp2]) {
      const answered = Promise.withResolvers<void>()
      const { front, port } = await fronted(async ({ signal }) => {
        gone()
        await once(signal, 'abort')
        setTimeout(answered.resolve, 20)
        return answer
      })
      const asked = new Promise<void>((resolve) => {
        gone = resolve
      })
      await leave(port, asked)
      await answered.promise
      await front.close()
    }
})

test('a watch and a log come over a WebSocket where that is asked for', async () => {
  const events = ['{"type":"ADDED"}', '{"type":"DELETED"}']
  const { front, port } = await fronted(async ({ path }) =>
    path === '/watch'
      ? {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(`${events.join('\n')}\n`),
        }
      : textAnswer(path === '/log' ? 200 : 404, 'line\n'),
  )
  const open = async (path: string, protocol: string[]) => {
    const client = new WebSocket(`wss://127.0.0.1:${port}${path}`, protocol, { ca: pki.ca })
    const messages: string[] = []
    client.on('message', (data, isBinary) => messages.push(`${isBinary ? 'b' : 't'} ${data}`))
    await once(client, 'close')
    return messages
  }
  assert.deepEqual(await open('/watch', []), [`t ${events[0]}`, `t ${events[1]}`])
  assert.deepEqual(await open('/log', ['binary.k8s.io']), ['b line\n'])
  assert.deepEqual(await open('/log', ['base64.binary.k8s.io']), ['t bGluZQo='])
  await assert.rejects(open('/nothing', []), { message: 'Unexpected server response: 404' })
  await front.close()
})

test('over a WebSocket each event of a protobuf watch is a message', async () => {
  const frame = (text: string) =>
    Buffer.concat([Buffer.of(0, 0, 0, text.length), Buffer.from(text)])
  const stream = Buffer.concat([frame('one'), frame('three')])
  const { front, port } = await fronted(async () => ({
    status: 200,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf;stream=watch' },
    body: (async function* () {
      for (const byte of stream) yield Buffer.of(byte)
    })(),
  }))
  const client = new WebSocket(`wss://127.0.0.1:${port}/`, [], { ca: pki.ca })
  const messages: string[] = []
  client.on('message', (data) => messages.push(String(data)))
  await once(client, 'close')
  assert.deepEqual(messages, ['one', 'three'])
  await front.close()
})

test('a WebSocket whose client leaves ends what is streamed to it', async () => {
  const aborted = Promise.withResolvers<void>()
  const { front, port } = await fronted((request) => {
    request.signal.addEventListener('abort', () => aborted.resolve())
    return endless(request)
  })
  const client = new WebSocket(`wss://127.0.0.1:${port}/`, [], { ca: pki.ca })
  await once(client, 'message')
  client.terminate()
  await aborted.promise
  await front.close()
})

async function leaveHttp1(port: number, asked: Promise<void>) {
  const outgoing = get({ port, host: '127.0.0.1', ca: pki.ca, agent: false })
  outgoing.on('error', () => {})
  await asked
  outgoing.destroy()
}

async function leaveHttp2(port: number, asked: Promise<void>) {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pki.ca })
  session.on('error', () => {})
  session.request({ ':path': '/' }).on('error', () => {})
  await asked
  session.destroy()
}
