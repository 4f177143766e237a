// The client's end of a tunnel through WebSocket, for tests: ws refuses its protocol's name.
// Frames: fin+opcode (8) | masked, length (7, or 126 and 16 bits) | mask (32) | data.

import { request } from 'node:https'
import { Duplex } from 'node:stream'

const binary = 0x82

export function webSocketBytes(options: object, protocol: string): Promise<Duplex> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': protocol,
  }
  return new Promise((resolve, reject) => {
    request({ ...options, headers, agent: false })
      .on('upgrade', (response, socket, head) => {
        if (response.headers['sec-websocket-protocol'] !== protocol)
          reject(new Error('another protocol'))
        socket.unshift(head)
        resolve(framed(socket))
      })
      .on('response', ({ statusCode }) => reject(new Error(`refused with ${statusCode}`)))
      .on('error', reject)
      .end()
  })
}

function framed(socket: Duplex): Duplex {
  let pending = Buffer.alloc(0)
  const bytes = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const length = Buffer.alloc(4)
      length.writeUInt8(binary, 0)
      length.writeUInt8(0x80 | 126, 1)
      length.writeUInt16BE(chunk.length, 2)
      socket.write(Buffer.concat([length, Buffer.alloc(4), chunk]), () => done())
    },
    final(done) {
      socket.end()
      done()
    },
  })
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (let frame = nextFrame(pending); frame; frame = nextFrame(pending)) {
      pending = Buffer.from(pending.subarray(frame.size))
      if (frame.opcode === 2) bytes.push(frame.data)
    }
  })
  socket.on('close', () => bytes.push(null))
  return bytes
}

function nextFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return undefined
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + length) return undefined
  const data = Buffer.from(bytes.subarray(head, head + length))
  return { opcode: bytes.readUInt8(0) & 0xf, data, size: head + length }
}
