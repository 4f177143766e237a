import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Probe } from '../../api/types.gen.ts'
import { fakeRuntime } from '../../cri/fake.ts'
import { container } from '../pod/test-observed.ts'
import { dialDirectly } from './dial.ts'
import { decodeStatus, encodeRequest } from './grpc.ts'
import { afterResult, unprobed } from './outcome.ts'
import { runProbe } from './run-probe.ts'

test('a verdict needs its threshold of results in a row', () => {
  const verdicts = (probe: Probe, results: string) => {
    let state = unprobed
    return [...results].map((result) => {
      state = afterResult(state, result === '+', probe)
      return state.verdict
    })
  }
  assert.deepEqual(verdicts({ failureThreshold: 2 }, '+-+--'), [true, true, true, true, false])
  assert.deepEqual(verdicts({ successThreshold: 2 }, '+-++'), [
    undefined,
    undefined,
    undefined,
    true,
  ])
  assert.deepEqual(verdicts({}, '---'), [undefined, undefined, false])
})

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function ask(probe: Probe) {
  const target = {
    container: container('web', { ports: [{ name: 'http', containerPort: 1 }] }),
    containerId: 'c1',
    podIp: '127.0.0.1',
    runtime: fakeRuntime().runtime,
    dial: dialDirectly,
  }
  return runProbe(probe, target, new AbortController().signal)
}

test('an HTTP probe goes by the status, sends its headers, and follows home redirects', async (t) => {
  const seen: string[] = []
  const port = await listening(
    t,
    createServer(({ url = '', headers }, response) => {
      seen.push(`${url} ${headers['user-agent']} ${headers['x-own'] ?? ''}`.trim())
      if (url === '/home') response.writeHead(302, { location: '/ok' })
      if (url === '/away') response.writeHead(302, { location: 'http://example.com/' })
      if (url === '/bad') response.writeHead(503)
      response.end('body')
    }),
  )
  const get = (path: string) =>
    ask({ httpGet: { path, port, httpHeaders: [{ name: 'X-Own', value: 'yes' }] } })
  assert.deepEqual(await get('/ok'), { isSuccess: true, output: 'body' })
  assert.deepEqual(await get('/home'), { isSuccess: true, output: 'body' })
  assert.equal((await get('/away')).warning, 'Probe terminated redirects, Response body: body')
  assert.deepEqual(await get('/bad'), {
    isSuccess: false,
    output: 'HTTP probe failed with statuscode: 503',
  })
  assert.equal(seen[0], '/ok kube-probe/1.36 yes')
})

test('what does not answer is told of as Go tells it', async () => {
  assert.deepEqual(await ask({ httpGet: { path: '/', port: 1 } }), {
    isSuccess: false,
    output: 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
  })
  assert.deepEqual(await ask({ tcpSocket: { port: 'http' } }), {
    isSuccess: false,
    output: 'dial tcp 127.0.0.1:1: connect: connection refused',
  })
})

test('a TCP probe is content with a connection', async (t) => {
  const port = await listening(t, createServer())
  assert.deepEqual(await ask({ tcpSocket: { port } }), { isSuccess: true, output: '' })
})

test('a server that never answers is given up in time', async (t) => {
  const port = await listening(
    t,
    createServer(() => {}),
  )
  const { output } = await ask({ httpGet: { port }, timeoutSeconds: 0.05 })
  assert.match(
    output,
    /context deadline exceeded \(Client\.Timeout exceeded while awaiting headers\)$/,
  )
})

test('a gRPC probe asks the health service', async (t) => {
  const server = createHttp2Server()
  const port = await listening(t, server)
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    assert.equal(headers[':path'], '/grpc.health.v1.Health/Check')
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const isWell = Buffer.concat(chunks).includes('well')
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, isWell ? 1 : 2]))
    })
  })
  assert.deepEqual(await ask({ grpc: { port, service: 'well' } }), {
    isSuccess: true,
    output: 'service healthy',
  })
  assert.deepEqual(await ask({ grpc: { port } }), {
    isSuccess: false,
    output: 'service unhealthy (responded with "NOT_SERVING")',
  })
})

test('messages of the health service, byte for byte', () => {
  assert.equal(Buffer.from(encodeRequest('ab')).toString('hex'), '00000000040a026162')
  assert.equal(Buffer.from(encodeRequest('')).toString('hex'), '0000000000')
  assert.equal(decodeStatus(Buffer.from('00000000020801', 'hex')), 1)
  assert.equal(decodeStatus(Buffer.from('0000000000', 'hex')), 0)
})
