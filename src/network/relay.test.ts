import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { relayTcp, relayUdp } from './relay.ts'

const size = 8 << 20

async function listen(t: TestContext, handle?: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return address.port
}

async function relayTo(t: TestContext, port: number): Promise<number> {
  const server = await listen(t)
  relayTcp(server, () => ({ address: '127.0.0.1', port }))
  return portOf(server)
}

function countBytes(socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  socket.resume()
  return once(socket, 'end').then(() => bytes)
}

test('what was said before either side ended arrives, even at one that reads late', async (t) => {
  const counted = Promise.withResolvers<number>()
  const target = await listen(t, (socket) => {
    socket.end('done')
    socket.pause()
    setTimeout(() => counted.resolve(countBytes(socket)), 50)
  })
  const client = connect({
    port: await relayTo(t, portOf(target)),
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  client.end(Buffer.alloc(size))
  assert.equal(await countBytes(client), 4)
  assert.equal(await counted.promise, size)
})

test('a side that breaks off breaks the other', async (t) => {
  const arrived = Promise.withResolvers<Socket>()
  const target = await listen(t, (socket) => arrived.resolve(socket))
  const client = connect(await relayTo(t, portOf(target)), '127.0.0.1')
  const far = await arrived.promise
  const broken = once(client, 'error')
  far.resetAndDestroy()
  assert.equal((await broken)[0].code, 'ECONNRESET')
})

test('where nobody listens, the caller is reset', async (t) => {
  const closed = await listen(t)
  const port = portOf(closed)
  closed.close()
  await once(closed, 'close')
  const client = connect(await relayTo(t, port), '127.0.0.1')
  const [error] = await once(client, 'error')
  assert.equal(error.code, 'ECONNRESET')
})

test('each UDP caller gets the answers to its own datagrams', async (t) => {
  const target = createSocket('udp4').bind(0, '127.0.0.1')
  await once(target, 'listening')
  target.on('message', (message, peer) => target.send(`re ${message}`, peer.port, peer.address))
  const near = createSocket('udp4').bind(0, '127.0.0.1')
  await once(near, 'listening')
  relayUdp(near, () => ({ address: '127.0.0.1', port: target.address().port }))
  const clients = ['a', 'b'].map((name) => ({ name, socket: createSocket('udp4') }))
  t.after(() => [near, target, ...clients.map(({ socket }) => socket)].map((one) => one.close()))
  const answers = clients.map(async ({ name, socket }) => {
    socket.send(name, near.address().port, '127.0.0.1')
    return String((await once(socket, 'message'))[0])
  })
  assert.deepEqual(await Promise.all(answers), ['re a', 're b'])
})
