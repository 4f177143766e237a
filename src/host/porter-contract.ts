// What every porter must do, whichever way it is reached. Run by the tests of each.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Porter } from './porter.ts'

/** `open` is called once; `close` when the last test is done. */
export function testPorter(name: string, open: () => { porter: Porter; close: () => void }): void {
  test(`${name} keeps the porter's contract`, async (t) => {
    const { porter, close } = open()
    t.after(close)
    await t.test('accepts every connection of a listening port itself', () => acceptsAll(porter))
    await t.test('frees the port when the server is closed', () => freesPort(porter))
    await t.test('names the error when the port is taken', () => refusesTaken(porter))
    await t.test('dials a name and loses no byte said first', () => dials(porter))
    await t.test('keeps one direction open after the other has ended', () => staysHalfOpen(porter))
    await t.test('names the error when nobody listens', () => refusedDial(porter))
    await t.test('binds a UDP port', () => bindsUdp(porter))
  })
}

async function acceptsAll(porter: Porter): Promise<void> {
  const server = await porter.listen('127.0.0.1', 0)
  server.on('connection', (socket) => socket.end('hello'))
  const port = portOf(server)
  const answers = Array.from({ length: 50 }, () => text(connect(port, '127.0.0.1')))
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['hello']))
  server.close()
}

async function freesPort(porter: Porter): Promise<void> {
  const first = await porter.listen('127.0.0.1', 0)
  const port = portOf(first)
  first.close()
  await once(first, 'close')
  const second = await porter.listen('127.0.0.1', port)
  assert.equal(portOf(second), port)
  second.close()
}

async function refusesTaken(porter: Porter): Promise<void> {
  const taken = await porter.listen('127.0.0.1', 0)
  await assert.rejects(porter.listen('127.0.0.1', portOf(taken)), { code: 'EADDRINUSE' })
  taken.close()
}

async function dials(porter: Porter): Promise<void> {
  const server = createServer((socket) => socket.end('first bytes')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = await porter.connect('localhost', portOf(server))
  assert.equal(await text(socket), 'first bytes')
  socket.destroy()
  server.close()
}

async function staysHalfOpen(porter: Porter): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.end('bye')
    assert.equal(await allOf(socket), 'still here')
    server.close()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = await porter.connect('127.0.0.1', portOf(server))
  assert.equal(await allOf(socket), 'bye')
  socket.end('still here')
  await once(server, 'close')
}

async function refusedDial(porter: Porter): Promise<void> {
  const closed = await porter.listen('127.0.0.1', 0)
  const port = portOf(closed)
  closed.close()
  await once(closed, 'close')
  await assert.rejects(porter.connect('127.0.0.1', port), { code: 'ECONNREFUSED' })
}

async function bindsUdp(porter: Porter): Promise<void> {
  const socket = await porter.bindUdp('127.0.0.1', 0)
  socket.on('message', (message, peer) => socket.send(message, peer.port, peer.address))
  const client = createSocket('udp4')
  client.send('ping', socket.address().port, '127.0.0.1')
  const [answer] = await once(client, 'message')
  assert.equal(String(answer), 'ping')
  client.close()
  socket.close()
}

/** All that is received, and unlike text() the socket can still send. */
async function allOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  return String(Buffer.concat(chunks))
}

function portOf(server: Server): number {
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return address.port
}
