import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { askResolvers } from './ask-resolvers.ts'
import { createHostPorter } from './host-porter.ts'
import { PorterLost } from './porter.ts'
import { testPorter } from './porter-contract.ts'
import { porterOverIpc } from './porter-over-ipc.ts'

/** The asking side is this process, the porter a process of its own. */
function forkPorter() {
  const serve = new URL('./serve-porter.ts', import.meta.url).href
  const code = `import { servePorter } from ${JSON.stringify(serve)}; servePorter(process)`
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

testPorter('the porter in this process', () => ({ porter: createHostPorter(), close: () => {} }))

testPorter('the porter behind an IPC channel', () => {
  const child = forkPorter()
  return { porter: porterOverIpc(child), close: () => child.disconnect() }
})

test('what is asked of a porter that is gone fails', async () => {
  const child = forkPorter()
  const porter = porterOverIpc(child)
  const server = await porter.listen('127.0.0.1', 0)
  const dial = assert.rejects(porter.connect('192.0.2.1', 9), PorterLost)
  child.kill()
  await dial
  await assert.rejects(porter.connect('127.0.0.1', 9), PorterLost)
  server.close()
})

test('an answer that is cut off over UDP is asked for again over TCP', async (t) => {
  const query = Buffer.from('abcd00000000', 'latin1')
  const tcp = createServer((socket) => {
    socket.on('data', () =>
      socket.end(Buffer.concat([Buffer.from([0, 14]), query, Buffer.from('ok')])),
    )
  }).listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const address = tcp.address()
  assert(address !== null && typeof address === 'object')
  const udp = createSocket('udp4').bind(address.port, '127.0.0.1')
  const cutOff = Buffer.from(query)
  cutOff[2] = 2
  udp.on('message', (_, peer) => udp.send(cutOff, peer.port, peer.address))
  await once(udp, 'listening')
  t.after(() => [tcp.close(), udp.close()])
  const answer = await askResolvers(query, ['127.0.0.1'], { port: address.port })
  assert.equal(Buffer.from(answer).toString('latin1'), 'abcd00000000ok')
})

test('with no resolver that answers, asking fails', async () => {
  const closed = createSocket('udp4').bind(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address()
  closed.close()
  const asking = askResolvers(Buffer.alloc(12), ['127.0.0.1'], { port, attempts: 1 })
  await assert.rejects(asking, { code: 'ECONNREFUSED' })
})
