// The fabric's side of the porter: asks over this process's IPC channel, takes what is handed over.

import { Socket as UdpSocket } from 'node:dgram'
import { Server, Socket } from 'node:net'
import { type Porter, PorterLost } from './porter.ts'
import { decodeError, type PorterReply, type PorterRequest, payloadOf } from './porter-messages.ts'

/** The part of a process that has a channel to its parent. */
export interface IpcProcess {
  readonly connected: boolean
  send?(message: unknown): boolean
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

type Question = PorterRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never

/** After the channel is lost every request rejects with PorterLost; so do those under way. */
export function porterOverIpc(channel: IpcProcess): Porter {
  const waiting = new Map<number, Waiting>()
  const servers = new Map<number, Server>()
  let lastId = 0

  channel.on('message', (message, handle) => {
    const reply = payloadOf(message) as PorterReply | undefined
    if (reply) receive(reply, handle)
  })
  channel.on('disconnect', () => {
    for (const { reject } of waiting.values()) reject(new PorterLost())
    waiting.clear()
  })

  function ask(question: Question): Promise<unknown> {
    const id = ++lastId
    return new Promise((resolve, reject) => {
      if (!channel.connected) return reject(new PorterLost())
      waiting.set(id, { resolve, reject })
      post({ ...question, id })
    })
  }

  function post(request: PorterRequest): void {
    if (channel.connected) channel.send?.({ porter: request })
  }

  function receive(reply: PorterReply, handle: unknown): void {
    if (reply.reply === 'accepted') accept(servers.get(reply.id), handle)
    const asker = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.reply === 'error') asker?.reject(decodeError(reply.error))
    if (reply.reply === 'answer') asker?.resolve(Buffer.from(reply.answer, 'base64'))
    if (reply.reply === 'handle') take(reply.id, handle, asker)
  }

  function take(id: number, handle: unknown, asker: Waiting | undefined): void {
    post({ id, verb: 'taken' })
    if (handle instanceof Server) keep(id, handle)
    if (handle instanceof Socket) handle.allowHalfOpen = true
    if (handle) asker?.resolve(handle)
    // The kernel drops what is sent to a process with too many open files.
    else asker?.reject(new Error('the socket was lost on its way from the porter'))
  }

  /** While the server is open, what the porter's copy had accepted finds its way to it. */
  function keep(id: number, server: Server): void {
    servers.set(id, server)
    server.on('close', () => servers.delete(id))
    Object.assign(server, { allowHalfOpen: true })
  }

  return {
    listen: async (address, port) => checked(await ask({ verb: 'listen', address, port }), Server),
    connect: async (host, port) => checked(await ask({ verb: 'connect', host, port }), Socket),
    bindUdp: async (address, port) =>
      checked(await ask({ verb: 'bindUdp', address, port }), UdpSocket),
    askDns: async (query) =>
      checked(
        await ask({ verb: 'askDns', query: Buffer.from(query).toString('base64') }),
        Uint8Array,
      ),
  }
}

function accept(server: Server | undefined, handle: unknown): void {
  if (!(handle instanceof Socket)) return
  handle.allowHalfOpen = true
  if (server) server.emit('connection', handle)
  else handle.destroy()
}

function checked<T>(result: unknown, type: abstract new (...args: never[]) => T): T {
  if (result instanceof type) return result
  throw new Error(`the porter's answer is not what was asked for`)
}
