// A remote command over WebSocket channels (v5 to the unversioned protocols).

import { PassThrough, Writable } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { TerminalSize } from '../../cri/cri.ts'
import {
  channel,
  decodeMessage,
  decodeSize,
  encodeMessage,
  saysStatus,
} from '../../wire/remotecommand.ts'
import {
  type CommandEnd,
  endStatus,
  endText,
  type RemoteStreams,
  type StreamRequest,
} from './remote-command.ts'
import { createValueQueue } from './value-queue.ts'

/** Most sizes kept for a terminal that does not take them. */
const mostSizes = 8

/** An accepted WebSocket and the protocol that was settled for it. */
export interface Channels {
  readonly socket: WebSocket
  readonly protocol: string
}

export function webSocketStreams(channels: Channels, asked: StreamRequest): RemoteStreams {
  const { socket, protocol } = channels
  const gone = new AbortController()
  const stdin = asked.stdin ? new PassThrough() : undefined
  const resizes = createValueQueue<TerminalSize>(mostSizes)
  const stdout = asked.stdout ? channelWriter(channels, channel.stdout) : undefined
  const stderr = asked.stderr ? channelWriter(channels, channel.stderr) : undefined

  socket.on('message', (message) => {
    const received = decodeMessage(protocol, bytesOf(message))
    if (received?.channel === channel.stdin && stdin) feed(socket, stdin, received.data)
    else if (received?.channel === channel.resize) resize(received.data)
    else if (received?.channel === channel.close && received.data[0] === channel.stdin) stdin?.end()
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    stdin?.end()
    resizes.end()
    gone.abort()
  })

  function resize(data: Uint8Array): void {
    const size = decodeSize(Buffer.from(data).toString())
    if (size) resizes.push(size)
  }

  // Clients wait for a first message to know that the command's streams are there.
  const first = asked.stdout ? channel.stdout : asked.stderr ? channel.stderr : channel.error
  socket.send(encodeMessage(protocol, { channel: first, data: new Uint8Array() }))

  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(asked.tty && { resizes }),
    signal: gone.signal,
    async finish(end: CommandEnd) {
      await Promise.all([ended(stdout), ended(stderr)])
      const text = saysStatus(protocol) ? JSON.stringify(endStatus(end)) : endText(end)
      if (text)
        socket.send(encodeMessage(protocol, { channel: channel.error, data: Buffer.from(text) }))
      socket.close(1000)
    },
  }
}

/** Lets the client wait while the command does not read. */
function feed(socket: WebSocket, stdin: PassThrough, data: Uint8Array): void {
  if (stdin.writableEnded || stdin.write(data)) return
  socket.pause()
  stdin.once('drain', () => socket.resume())
}

export function channelWriter({ socket, protocol }: Channels, number: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (socket.readyState !== socket.OPEN) return done()
      const message = encodeMessage(protocol, { channel: number, data: chunk })
      socket.send(message, () => done())
    },
  })
}

export function bytesOf(message: RawData): Uint8Array {
  if (Array.isArray(message)) return Buffer.concat(message)
  return message instanceof ArrayBuffer ? new Uint8Array(message) : message
}

export async function ended(writer: Writable | undefined): Promise<void> {
  if (!writer || writer.writableFinished || writer.destroyed) return
  await new Promise<void>((resolve) => {
    writer.once('close', () => resolve())
    if (writer.writableEnded) writer.once('finish', () => resolve())
    else writer.end(() => resolve())
  })
}
