// One connection to an API server: HTTP/1.1 over TLS with a client certificate, one request after
// the other, as little work as possible on the client's side. A body is a length or chunks (RFC 9112).

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Address } from './targets.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: string
  /** application/json unless set. */
  readonly contentType?: string
}

export interface Connection {
  /** The answer's whole body; throws for a status of 400 and more. */
  send(asked: Asked): Promise<Buffer>
  /** As the body of the answer comes, without its framing, until the connection is closed. */
  stream(asked: Asked, take: (chunk: Buffer) => void): Promise<void>
  close(): void
}

export async function openConnection(address: Address): Promise<Connection> {
  const { port, ca, client } = address
  const socket = connect({ host: '127.0.0.1', port, ca, ...client, ALPNProtocols: ['http/1.1'] })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return overSocket(socket)
}

interface Exchange {
  readonly read: (bytes: Buffer) => void
  readonly fail: (error: Error) => void
}

function overSocket(socket: TLSSocket): Connection {
  let current: Exchange | undefined
  socket.on('data', (bytes: Buffer) => current?.read(bytes))
  socket.on('error', (error) => current?.fail(error))
  socket.on('close', () => current?.fail(new Error('the connection was closed')))

  function exchange(asked: Asked, take: (chunk: Buffer) => void, onHead?: () => void) {
    return new Promise<number>((resolve, reject) => {
      const read = answerReader({
        take,
        ...(onHead && { onHead }),
        end(status) {
          current = undefined
          resolve(status)
        },
      })
      current = { read, fail: reject }
      socket.write(requestText(asked))
    })
  }

  return {
    async send(asked) {
      const chunks: Buffer[] = []
      const status = await exchange(asked, (chunk) => void chunks.push(chunk))
      const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
      if (status >= 400) throw new Error(`${asked.method} ${asked.path}: ${status} ${body}`)
      return body
    },
    stream: (asked, take) =>
      new Promise((resolve, reject) => {
        exchange(asked, take, resolve).catch((error: Error) => {
          if (!socket.destroyed) reject(error)
        })
      }),
    close: () => void socket.destroy(),
  }
}

function requestText({ method, path, body, contentType = 'application/json' }: Asked): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\naccept: application/json\r\n`
  if (body === undefined) return `${head}\r\n`
  return `${head}content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

interface AnswerTaker {
  readonly take: (chunk: Buffer) => void
  readonly onHead?: () => void
  readonly end: (status: number) => void
}

/** Reads one answer, however it is cut into pieces. */
function answerReader({ take, onHead, end }: AnswerTaker): (bytes: Buffer) => void {
  let head: Buffer | undefined = Buffer.alloc(0)
  let status = 0
  let isChunked = false
  /** Of the body or of the chunk. */
  let missing = 0
  /** An unfinished line between chunks. */
  let line = ''
  let isLast = false

  function readHead(bytes: Buffer): void {
    const all = head?.length ? Buffer.concat([head, bytes]) : bytes
    const length = all.indexOf('\r\n\r\n')
    if (length < 0) {
      head = all
      return
    }
    head = undefined
    const text = all.toString('latin1', 0, length)
    status = Number(text.slice(9, 12))
    isChunked = /\r\ntransfer-encoding: *chunked/i.test(text)
    missing = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
    onHead?.()
    readBody(all.subarray(length + 4))
  }

  function readBody(bytes: Buffer): void {
    if (isChunked) {
      readChunks(bytes)
      return
    }
    if (bytes.length > 0) take(bytes)
    missing -= bytes.length
    if (missing <= 0) end(status)
  }

  function readChunks(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (missing > 0) {
        const chunk = bytes.subarray(at, at + missing)
        take(chunk)
        missing -= chunk.length
        at += chunk.length
        continue
      }
      const newline = bytes.indexOf(10, at)
      line += bytes.toString('latin1', at, newline < 0 ? bytes.length : newline + 1)
      if (newline < 0) return
      at = newline + 1
      const text = line.trim()
      line = ''
      // The line after a chunk is empty; the last chunk's size is 0, and an empty line follows it.
      if (text === '') {
        if (isLast) end(status)
        continue
      }
      missing = Number.parseInt(text, 16)
      isLast = missing === 0
    }
  }

  return (bytes) => (head ? readHead(bytes) : readBody(bytes))
}
