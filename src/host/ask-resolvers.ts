// One DNS message asked of resolvers in turn: over UDP, and over TCP where the answer is cut off.

import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

export interface AskOptions {
  readonly port?: number
  /** How long each resolver is waited for; resolv.conf's own default is 5 s, twice. */
  readonly timeoutMs?: number
  readonly attempts?: number
}

/** Resolves to the first answer; rejects with the last failure when no resolver answers. */
export async function askResolvers(
  query: Uint8Array,
  resolvers: readonly string[],
  { port = 53, timeoutMs = 2000, attempts = 2 }: AskOptions = {},
): Promise<Uint8Array> {
  let failure: unknown = new Error('there are no resolvers to ask')
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const address of resolvers) {
      const resolver = { address, port, timeoutMs }
      try {
        const answer = await askUdp(query, resolver)
        return isTruncated(answer) ? await askTcp(query, resolver) : answer
      } catch (error) {
        failure = error
      }
    }
  }
  throw failure
}

interface Resolver {
  readonly address: string
  readonly port: number
  readonly timeoutMs: number
}

/** The TC bit: byte 2 is QR(1) opcode(4) AA(1) TC(1) RD(1), RFC 1035 section 4.1.1. */
function isTruncated(message: Uint8Array): boolean {
  return ((message[2] ?? 0) & 2) !== 0
}

/** A socket for each query has a port nobody can guess, and takes answers of the resolver only. */
function askUdp(query: Uint8Array, { address, port, timeoutMs }: Resolver): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const settle = (act: () => void) => {
      clearTimeout(timer)
      socket.close()
      act()
    }
    const timer = setTimeout(() => settle(() => reject(noAnswer(address))), timeoutMs)
    socket.once('error', (error) => settle(() => reject(error)))
    socket.on('message', (answer) => {
      if (hasSameId(answer, query)) settle(() => resolve(answer))
    })
    socket.connect(port, address, () => socket.send(query))
  })
}

/** Over TCP a message is preceded by its length in two bytes, RFC 1035 section 4.2.2. */
function askTcp(query: Uint8Array, { address, port, timeoutMs }: Resolver): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port })
    let received: Buffer = Buffer.alloc(0)
    socket.setTimeout(timeoutMs, () => socket.destroy(noAnswer(address)))
    socket.once('error', reject)
    socket.once('close', () => reject(noAnswer(address)))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      resolve(received.subarray(2, 2 + received.readUInt16BE(0)))
      socket.destroy()
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    socket.end(Buffer.concat([length, query]))
  })
}

function hasSameId(answer: Uint8Array, query: Uint8Array): boolean {
  return answer.length >= 12 && answer[0] === query[0] && answer[1] === query[1]
}

function noAnswer(address: string): Error {
  const error: NodeJS.ErrnoException = new Error(`no answer from resolver ${address}`)
  error.code = 'ETIMEDOUT'
  return error
}
