// Raw connections to an API server, for clients that no library would be.

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'

export interface Target {
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const host = '127.0.0.1'

/** With its handshake done, speaking one protocol; errors are what it is for, so nobody hears of them. */
export async function tlsTo(target: Target, protocol = 'http/1.1'): Promise<TLSSocket> {
  const { port, ca, cert, key } = target
  const socket = connectTls({ host, port, ca, cert, key, ALPNProtocols: [protocol] })
  socket.on('error', () => {})
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')])
  return socket
}

export async function tcpTo({ port }: Target): Promise<Socket> {
  const socket = connectTcp({ host, port, allowHalfOpen: true })
  socket.on('error', () => {})
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return socket
}

/** All that comes until the other side ends; rejects when it does not. */
export async function readAll(socket: Socket, withinMs = 20_000): Promise<string> {
  const chunks: Uint8Array[] = []
  socket.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  const ended = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve()
    socket.once('end', resolve).once('close', resolve)
  })
  const late = new AbortController()
  const { signal } = late
  const isLate = await Promise.race([
    ended.then(() => false),
    delay(withinMs, true, { signal }).catch(() => true),
  ])
  late.abort()
  if (isLate) throw new Error('the connection stays open')
  socket.destroy()
  return Buffer.concat(chunks).toString('latin1')
}

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

/** RFC 9113, 4.1: u24 length, u8 type, u8 flags, u32 stream, payload. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = empty) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const empty = new Uint8Array()

export const frames = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
}
export const flags = { endStream: 1, endHeaders: 4 }

export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(frames.settings, 0, 0),
])

/** HPACK without a table: each field is a literal that is never indexed. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    if (bytes.length > 126) throw new Error('a longer length has another form')
    return Buffer.concat([Buffer.of(bytes.length), bytes])
  }
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [Buffer.of(0x10), text(name), text(value)]),
  )
}

export const getHeaders = (path: string) =>
  headerBlock({ ':method': 'GET', ':scheme': 'https', ':authority': 'x', ':path': path })

/** The frames that came, by type, with their payloads. */
export function framesIn(answer: string): { readonly type: number; readonly payload: Buffer }[] {
  const bytes = Buffer.from(answer, 'latin1')
  const found = []
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    found.push({ type: bytes.readUInt8(at + 3), payload: bytes.subarray(at + 9, end) })
    at = end
  }
  return found
}

/** Writes as fast as the other side takes it, until it ends or all is written. */
export async function pour(socket: Socket, count: number, piece: (index: number) => Uint8Array) {
  for (let index = 0; index < count && !socket.destroyed && socket.writable; index++) {
    if (socket.write(piece(index))) continue
    const waited = new AbortController()
    const { signal } = waited
    await Promise.race([
      once(socket, 'drain', { signal }),
      once(socket, 'close', { signal }),
      delay(2000, undefined, { signal, ref: false }),
    ]).catch(() => {})
    waited.abort()
  }
}
