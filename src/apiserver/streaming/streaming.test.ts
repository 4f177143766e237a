import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer, request } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { after, before, test } from 'node:test'
import { createTestPki } from '../testing/test-pki.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const nodePki = createTestPki()
const asked: string[] = []
/** Answers with what it was asked, and echoes after an upgrade. */
const kubelet = createTlsServer({ ...nodePki.server, requestCert: true, rejectUnauthorized: false })
const web = createServer()
let server: TestServer

const json = { 'content-type': 'application/json' }
const portOf = (listener: Server) => (listener.address() as AddressInfo).port
const listening = (listener: Server) =>
  new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

before(async () => {
  kubelet.on('request', (message: IncomingMessage, answer) => {
    asked.push(message.url ?? '')
    if (message.url?.includes('previous=true')) {
      answer.writeHead(400)
      answer.end('previous terminated container "main" in pod "web" not found')
    } else answer.end('line 1\nline 2\n')
  })
  kubelet.on('upgrade', (message: IncomingMessage, socket) => {
    asked.push(message.url ?? '')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n')
    socket.pipe(socket)
  })
  web.on('request', (message, answer) => {
    if (message.url === '/moved') answer.writeHead(302, { location: '/there' }).end()
    else {
      answer.setHeader('content-type', 'text/html')
      answer.end(
        `<a href="/x">${message.method} ${message.url} ${message.headers.authorization}</a>`,
      )
    }
  })
  await Promise.all([listening(kubelet), listening(web)])
  server = await startTestServer({ tokenFile: 'root,root,uid,"system:masters"\n' })
  await create('/api/v1/nodes', {
    kind: 'Node',
    metadata: { name: 'n1' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: portOf(kubelet) } },
    },
  })
  await create('/api/v1/namespaces/a/pods', {
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'a' },
    spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
  })
  await create('/api/v1/namespaces/a/services', {
    kind: 'Service',
    metadata: { name: 'web', namespace: 'a' },
    spec: { ports: [{ port: 80 }] },
  })
  await create('/api/v1/namespaces/a/endpoints', {
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'a' },
    subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: portOf(web) }] }],
  })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  for (const listener of [kubelet, web]) listener.closeAllConnections()
  kubelet.close()
  web.close()
})

const headers = { authorization: 'Bearer root' }

async function create(path: string, object: object) {
  const body = JSON.stringify(object)
  const answer = await server.ask(path, { method: 'POST', headers: { ...json, ...headers }, body })
  assert.equal(answer.status, 201)
}

test('a log comes from the kubelet of the node', async () => {
  const answer = await server.ask('/api/v1/namespaces/a/pods/web/log?tailLines=2', { headers })
  assert.equal(answer.text, 'line 1\nline 2\n')
  assert.equal(asked.at(-1), '/containerLogs/a/web/main?tailLines=2&stream=All')
})

test('what the kubelet refuses is answered as a Status', async () => {
  const answer = await server.ask('/api/v1/namespaces/a/pods/web/log?previous=true', { headers })
  assert.equal(answer.status, 400)
  assert.equal(
    answer.json()['message'],
    'previous terminated container "main" in pod "web" not found',
  )
})

test('exec without an upgrade is refused', async () => {
  const answer = await server.ask('/api/v1/namespaces/a/pods/web/exec?command=ls', { headers })
  assert.equal(answer.status, 400)
  assert.equal(answer.json()['message'], 'Upgrade request required')
})

test('exec hands the connection over to the kubelet, byte for byte', async () => {
  const { port, pki } = server
  const path = '/api/v1/namespaces/a/pods/web/exec?command=cat&stdin=true'
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    ca: pki.ca,
    agent: false,
    headers: { ...headers, connection: 'Upgrade', upgrade: 'test' },
  })
  const echoed = await new Promise<string>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('upgrade', (_message, socket) => {
      socket.write('hello')
      socket.once('data', (data: Buffer) => {
        resolve(data.toString())
        socket.destroy()
      })
    })
    outgoing.end()
  })
  assert.equal(echoed, 'hello')
  assert.equal(asked.at(-1), '/exec/a/web/main?input=1&output=1&error=1&command=cat')
})

test('an upgrade that is not allowed gets its Status', async () => {
  const { port, pki } = server
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/api/v1/namespaces/a/pods/none/exec?command=cat',
    ca: pki.ca,
    agent: false,
    headers: { ...headers, connection: 'Upgrade', upgrade: 'test' },
  })
  const status = await new Promise((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (message) => resolve(message.resume().statusCode))
    outgoing.end()
  })
  assert.equal(status, 404)
})

test('the service proxy passes requests on, without credentials, and rewrites what leads back', async () => {
  const base = '/api/v1/namespaces/a/services/web:80/proxy'
  const page = await server.ask(`${base}/deep/er?q=1`, { headers, method: 'DELETE' })
  assert.equal(page.text, `<a href="${base}/x">DELETE /deep/er?q=1 undefined</a>`)
  const moved = await server.ask(`${base}/moved`, { headers })
  assert.equal(moved.status, 302)
  assert.equal(moved.headers.location, `${base}/there`)
  const bare = await server.ask(base, { headers })
  assert.equal(bare.headers.location, `${base}/`)
})

test('the node proxy reaches the kubelet', async () => {
  await server.ask('/api/v1/nodes/n1/proxy/stats/summary', { headers })
  assert.equal(asked.at(-1), '/stats/summary')
})

test('a service without endpoints is unavailable', async () => {
  const answer = await server.ask('/api/v1/namespaces/a/services/web:81/proxy/', { headers })
  assert.equal(answer.status, 503)
  assert.equal(answer.json()['message'], 'no service port 81 found for service "web"')
})
