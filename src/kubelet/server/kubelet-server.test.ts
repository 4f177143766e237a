import assert from 'node:assert/strict'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { dirname } from 'node:path'
import { Duplex, type Readable } from 'node:stream'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { CriError, type StreamOptions } from '../../cri/cri.ts'
import { silentLog } from '../../lib/log.ts'
import { SpdySession, type SpdyStream } from '../../wire/spdy-session.ts'
import type { Subject } from '../../wire/x509.ts'
import { startWorld } from '../test-world.ts'
import { startKubeletServer } from './kubelet-server.ts'
import type { Post } from './reviews.ts'
import { testCertificates } from './test-certificates.ts'
import { webSocketBytes } from './test-websocket.ts'

const limit = { timeout: 20_000 }
const apiServer = { commonName: 'kube-apiserver-kubelet-client' }
const nginx = { name: 'web', image: 'nginx', imagePullPolicy: 'IfNotPresent' as const }

/** `cat` echoes, `fail` ends with 3, `size` says the first size of its terminal. */
async function exec(
  _id: string,
  [program]: readonly string[],
  { stdin, stdout, stderr, resizes }: StreamOptions,
): Promise<number> {
  if (program === 'none')
    throw new CriError('Unknown', 'exec: "none": executable file not found in $PATH')
  if (program === 'cat') for await (const chunk of stdin ?? []) stdout?.write(chunk)
  if (program === 'size')
    for await (const { width, height } of resizes ?? []) {
      stdout?.write(`${width}x${height}`)
      break
    }
  if (program === 'fail') {
    stderr?.write('it failed')
    return 3
  }
  return 0
}

async function portForward(_id: string, port: number): Promise<Duplex> {
  if (port !== 80) throw new Error(`connect ECONNREFUSED 127.0.0.1:${port}`)
  return new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      this.push(`echo ${chunk}`)
      done()
    },
    final(done) {
      this.push(null)
      done()
    },
  })
}

const askNobody: Post = async () => {
  throw new Error('nobody is there to ask')
}

async function startServer(subject: Subject = apiServer, review = askNobody) {
  const { ca, server, client } = testCertificates(subject)
  const world = await startWorld({}, { exec, portForward })
  const stop = new AbortController()
  const { port, ended } = await startKubeletServer({
    kubelet: world.kubelet,
    listen: { host: '127.0.0.1', port: 0 },
    ...server,
    clientCa: ca,
    review,
    log: silentLog,
    signal: stop.signal,
  })
  const tls = { ca, ...client, host: '127.0.0.1', port }
  await world.run('web', { containers: [nginx] })
  await world.until('web', ({ status }) => status?.phase === 'Running')
  return {
    world,
    tls,
    get: (path: string) => get({ ...tls, path }),
    socket: (path: string, protocol: string) =>
      new WebSocket(`wss://127.0.0.1:${port}${path}`, protocol, tls),
    async stop() {
      stop.abort()
      await ended
      await world.stop()
    },
  }
}

function get(options: object): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ ...options, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await textOf(response) })
    })
      .on('error', reject)
      .end()
  })
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Everything a WebSocket says until it closes: channel -> text. */
function collected(socket: WebSocket): Promise<Record<number, string>> {
  const said: Record<number, string> = {}
  socket.on('message', (message: Buffer) => {
    const [channel = -1] = message
    said[channel] = `${said[channel] ?? ''}${message.subarray(1)}`
  })
  return new Promise((resolve, reject) => {
    socket.on('close', () => resolve(said))
    socket.on('error', reject)
  })
}

/** Opens SPDY as kubectl does. */
function spdy(tls: object, path: string, protocol: string): Promise<Duplex> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': protocol,
  }
  return new Promise((resolve, reject) => {
    request({ ...tls, path, method: 'POST', headers, agent: false })
      .on('upgrade', (_response, socket) => resolve(socket))
      .on('response', async (response) => reject(new Error(await textOf(response))))
      .on('error', reject)
      .end()
  })
}

const running = '/exec/default/web/web?output=1&error=1&input=1'
const success = JSON.stringify({ metadata: {}, status: 'Success' })

test(
  'a command over WebSocket v5 gets its input, its end, and says how it ended',
  limit,
  async () => {
    const server = await startServer()
    const socket = server.socket(`${running}&command=cat`, 'v5.channel.k8s.io')
    const said = collected(socket)
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(Buffer.from('\0hello'))
    socket.send(Buffer.from([255, 0]))
    assert.deepEqual(await said, { 1: 'hello', 3: success })
    await server.stop()
  },
)

test('a failed command says its exit code as a cause', limit, async () => {
  const server = await startServer()
  const { 2: stderr, 3: status = '' } = await collected(
    server.socket(`${running}&command=fail`, 'v4.channel.k8s.io'),
  )
  assert.equal(stderr, 'it failed')
  assert.deepEqual(JSON.parse(status), {
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code: command terminated with exit code 3',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  })
  await server.stop()
})

test('a command that cannot be run is an internal error', limit, async () => {
  const server = await startServer()
  const { 3: status = '' } = await collected(
    server.socket(`${running}&command=none`, 'v5.channel.k8s.io'),
  )
  assert.equal(
    JSON.parse(status).message,
    'Internal error occurred: error executing command in container: exec: "none": executable file not found in $PATH',
  )
  await server.stop()
})

test('the unversioned and base64 protocols say plain text', limit, async () => {
  const server = await startServer()
  const plain = await collected(server.socket(`${running}&command=fail`, 'channel.k8s.io'))
  assert.equal(plain[3], 'command terminated with exit code 3')
  const encoded = await collected(server.socket(`${running}&command=fail`, 'base64.channel.k8s.io'))
  assert.equal(Buffer.from(encoded['2'.charCodeAt(0)] ?? '', 'base64').toString(), 'it failed')
  await server.stop()
})

test('a terminal is told its size', limit, async () => {
  const server = await startServer()
  const socket = server.socket(`${running}&tty=1&command=size`, 'v5.channel.k8s.io')
  const said = collected(socket)
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(Buffer.from('\x04{"Width":80,"Height":24}'))
  assert.deepEqual(await said, { 1: '80x24', 3: success })
  await server.stop()
})

test('a command over SPDY v4 works as over WebSocket', limit, async () => {
  const server = await startServer()
  const connection = await spdy(server.tls, `${running}&command=cat`, 'v4.channel.k8s.io')
  const session = new SpdySession(connection, { isServer: false })
  const [error, stdin, stdout] = await Promise.all(
    ['error', 'stdin', 'stdout', 'stderr'].map((streamtype) => session.open({ streamtype })),
  )
  stdin?.duplex.end('over spdy')
  const [said, status] = await Promise.all([error, stdout].map((it) => textOf(mustBe(it).duplex)))
  assert.equal(said, success)
  assert.equal(status, 'over spdy')
  await session.ended
  await server.stop()
})

function mustBe(stream: SpdyStream | undefined): SpdyStream {
  assert.ok(stream)
  return stream
}

test('port-forward over SPDY, plain and tunnelled in WebSocket', limit, async () => {
  const server = await startServer()
  const path = '/portForward/default/web'
  const plain = await spdy(server.tls, path, 'portforward.k8s.io')
  const tunnelled = await webSocketBytes({ ...server.tls, path }, 'SPDY/3.1+portforward.k8s.io')
  for (const connection of [plain, tunnelled]) {
    const session = new SpdySession(connection, { isServer: false })
    const open = async (port: string, requestid: string) => {
      const error = await session.open({ streamtype: 'error', port, requestid })
      error.duplex.end()
      const data = await session.open({ streamtype: 'data', port, requestid })
      return { error: error.duplex, data: data.duplex }
    }
    const good = await open('80', '0')
    good.data.end('GET')
    assert.equal(await textOf(good.data), 'echo GET')
    const bad = await open('81', '1')
    assert.equal(
      await textOf(bad.error),
      'error forwarding port 81 to pod web_default: connect ECONNREFUSED 127.0.0.1:81',
    )
    session.close()
    await session.ended
  }
  await server.stop()
})

test('port-forward over WebSocket channels begins with the port', limit, async () => {
  const server = await startServer()
  const socket = server.socket('/portForward/default/web?ports=80', 'v4.channel.k8s.io')
  const messages: string[] = []
  const echoed = new Promise<void>((resolve) =>
    socket.on('message', (message: Buffer) => {
      messages.push(message.toString('latin1'))
      if (messages.length === 3) resolve()
    }),
  )
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(Buffer.from('\0hi'))
  await echoed
  assert.deepEqual(messages, ['\0P\0', '\x01P\0', '\0echo hi'])
  socket.close()
  await server.stop()
})

test('logs are cut, stamped and followed to the end', limit, async () => {
  const server = await startServer()
  const { id = '', status } = server.world.fake.container('web') ?? {}
  const file = status?.logPath ?? ''
  await mkdir(dirname(file), { recursive: true })
  const line = (second: number, text: string) =>
    `2026-01-01T00:00:0${second}.000000000Z stdout ${text}\n`
  await writeFile(file, line(1, 'F one') + line(2, 'P tw') + line(2, 'F o') + line(3, 'F three'))
  const log = async (query: string) =>
    (await server.get(`/containerLogs/default/web/web?${query}`)).body
  assert.equal(await log(''), 'one\ntwo\nthree\n')
  assert.equal(await log('tailLines=1'), 'three\n')
  assert.equal(await log('limitBytes=5'), 'one\nt')
  assert.equal(await log('sinceTime=2026-01-01T00:00:03Z'), 'three\n')
  assert.equal(await log('stream=Stderr'), '')
  assert.equal(await log('timestamps=true&tailLines=1'), '2026-01-01T00:00:03.000000000Z three\n')
  const following = log('follow=true')
  await appendFile(file, line(4, 'F four'))
  server.world.fake.exit(id, 0)
  assert.equal(await following, 'one\ntwo\nthree\nfour\n')
  await server.stop()
})

test('questions that cannot be answered are refused in words', limit, async () => {
  const server = await startServer()
  assert.deepEqual(await server.get('/containerLogs/default/web/web?previous=true'), {
    status: 400,
    body: 'previous terminated container "web" in pod "web" not found',
  })
  assert.deepEqual(await server.get('/containerLogs/default/none/web'), {
    status: 404,
    body: 'pod "none_default" does not exist',
  })
  await assert.rejects(
    spdy(server.tls, '/exec/default/web/none?command=ls&output=1', 'v4.channel.k8s.io'),
    /container not found \("none"\)/,
  )
  await server.stop()
})

test('Pods and figures are listed', limit, async () => {
  const server = await startServer()
  const { items } = JSON.parse((await server.get('/pods')).body)
  assert.equal(items[0].metadata.name, 'web')
  const summary = JSON.parse((await server.get('/stats/summary')).body)
  assert.equal(summary.pods[0].podRef.name, 'web')
  assert.equal((await server.get('/healthz')).body, 'ok')
  await server.stop()
})

test(
  'without an answer of the API server only it and administrators are let in',
  limit,
  async () => {
    const stranger = await startServer({ commonName: 'jane', organizations: ['developers'] })
    assert.deepEqual(await stranger.get('/pods'), {
      status: 500,
      body: 'Authorization error (user=jane, verb=get, resource=nodes, subresource(s)=[pods proxy])',
    })
    const { cert: _cert, key: _key, ...nobody } = stranger.tls
    assert.equal((await get({ ...nobody, path: '/pods' })).status, 401)
    const headers = { authorization: 'Bearer t' }
    assert.equal((await get({ ...nobody, path: '/pods', headers })).status, 401)
    await stranger.stop()
  },
)

test('others are let in to what the API server allows them', limit, async () => {
  const asked: object[] = []
  const groups = ['monitoring', 'system:authenticated']
  const user = { username: 'prometheus', groups }
  const server = await startServer(apiServer, async (path, { spec }: { spec?: Spec }) => {
    asked.push({ path, spec })
    if (path.endsWith('/tokenreviews')) {
      return { status: spec?.token === 'good' ? { authenticated: true, user } : {} }
    }
    return { status: { allowed: spec?.resourceAttributes?.subresource === 'metrics' } }
  })
  const { cert: _cert, key: _key, ...nobody } = server.tls
  const ask = (path: string, token: string) =>
    get({ ...nobody, path, headers: { authorization: `Bearer ${token}` } })
  assert.equal((await ask('/metrics/resource', 'bad')).status, 401)
  assert.equal((await ask('/metrics/resource', 'good')).status, 200)
  assert.equal((await ask('/metrics/resource', 'good')).status, 200)
  assert.equal(asked.length, 3)
  assert.deepEqual(asked.at(-1), {
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    spec: {
      ...{ user: 'prometheus', uid: undefined, groups, extra: undefined },
      resourceAttributes: {
        ...{ verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics' },
        name: 'worker',
      },
    },
  })
  assert.deepEqual(await ask('/healthz', 'good'), {
    status: 403,
    body: 'Forbidden (user=prometheus, verb=get, resource=nodes, subresource(s)=[healthz proxy])',
  })
  await server.stop()
})

interface Spec {
  readonly token?: string
  readonly resourceAttributes?: { readonly subresource?: string }
}
