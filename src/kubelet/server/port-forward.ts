// Port-forward: connections to ports of a Pod's own 127.0.0.1, over SPDY streams (plain, or
// tunnelled in WebSocket messages) and over the older WebSocket channels.

import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { decodeMessage } from '../../wire/remotecommand.ts'
import { SpdySession, type SpdyStream } from '../../wire/spdy-session.ts'
import { bytesOf, type Channels, channelWriter } from './websocket-streams.ts'

export const portForwardProtocol = 'portforward.k8s.io'

export interface ForwardTarget {
  /** Names the Pod in errors: name_namespace. */
  readonly pod: string
  dial(port: number): Promise<Duplex>
}

/** Serves until the connection ends: pairs of streams, one for errors and one for data. */
export async function forwardOverSpdy(connection: Duplex, target: ForwardTarget): Promise<void> {
  const errors = new Map<string, SpdyStream>()
  const session = new SpdySession(connection, {
    isServer: true,
    onStream(stream) {
      const { streamtype, port = '', requestid = '' } = stream.headers
      stream.duplex.on('error', () => {})
      if (streamtype === 'error') {
        errors.set(requestid, stream)
        stream.duplex.resume()
        return
      }
      const error = errors.get(requestid)
      errors.delete(requestid)
      void forward(target, Number(port), { data: stream.duplex, error: error?.duplex })
    },
  })
  await session.ended
}

interface Pair {
  readonly data: Duplex
  readonly error: Duplex | undefined
}

async function forward(target: ForwardTarget, port: number, { data, error }: Pair): Promise<void> {
  try {
    const connection = await target.dial(port)
    await joined({ input: data, output: data }, connection)
  } catch (cause) {
    error?.write(forwardError(target, port, cause))
  } finally {
    data.end()
    error?.end()
  }
}

function forwardError({ pod }: ForwardTarget, port: number, cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return `error forwarding port ${port} to pod ${pod}: ${text}`
}

interface Halves {
  readonly input: Readable
  readonly output: Writable
}

/** Copies both ways; each half ends with its source. Rejects when the Pod's side breaks. */
function joined({ input, output }: Halves, pod: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 2
    const half = () => {
      open--
      if (open === 0) resolve()
    }
    pod.once('error', reject)
    pod.once('end', half)
    pod.once('close', () => resolve())
    input.once('end', half)
    input.once('close', () => {
      pod.destroy()
      resolve()
    })
    input.pipe(pod)
    pod.pipe(output)
  })
}

/** A WebSocket's binary messages as one run of bytes, which is what the tunnel carries. */
export function tunnel(socket: WebSocket): Duplex {
  const bytes = new Duplex({
    read() {
      socket.resume()
    },
    write(chunk: Buffer, _encoding, done) {
      if (socket.readyState === socket.OPEN) socket.send(chunk, { binary: true }, () => done())
      else done()
    },
    final(done) {
      socket.close(1000)
      done()
    },
    destroy(_error, done) {
      socket.terminate()
      done(null)
    },
  })
  socket.on('message', (message) => {
    if (!bytes.push(bytesOf(message))) socket.pause()
  })
  socket.on('close', () => bytes.push(null))
  socket.on('error', () => bytes.destroy())
  return bytes
}

/**
 * Channels 2i carry data and 2i+1 errors of the i-th port; each begins with its port, 16 bits,
 * little-endian.
 */
export async function forwardOverChannels(
  channels: Channels,
  ports: readonly number[],
  target: ForwardTarget,
): Promise<void> {
  const { socket, protocol } = channels
  const inputs = ports.map((port, at) => {
    const data = channelWriter(channels, 2 * at)
    const error = channelWriter(channels, 2 * at + 1)
    const head = Buffer.from([port & 0xff, port >> 8])
    data.write(head)
    error.write(head)
    const input = new PassThrough()
    void (async () => {
      try {
        await joined({ input, output: data }, await target.dial(port))
      } catch (cause) {
        error.write(forwardError(target, port, cause))
      }
    })()
    return input
  })
  socket.on('message', (message) => {
    const received = decodeMessage(protocol, bytesOf(message))
    if (received && received.channel % 2 === 0) inputs[received.channel / 2]?.write(received.data)
  })
  await new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const input of inputs) input.end()
      resolve()
    })
  })
}
