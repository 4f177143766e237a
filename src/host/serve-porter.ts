// The porter's side: does for a child process in the fabric what it asks for, on the host.
// In: requests over the child's IPC channel. Out: sockets and servers, handed over to it.

import { Socket as UdpSocket } from 'node:dgram'
import { Server, type Socket } from 'node:net'
import { createHostPorter } from './host-porter.ts'
import type { Porter } from './porter.ts'
import { encodeError, type PorterReply, type PorterRequest, payloadOf } from './porter-messages.ts'

type Handle = Server | Socket | UdpSocket

/** A child process, or this process where its parent is the one that asks. */
export interface PorterChannel {
  readonly connected: boolean
  send?(message: unknown, handle: Handle | undefined, options: object, done: () => void): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/** Serves until the child is gone. `porter` is who does the work; this process by default. */
export function servePorter(
  child: PorterChannel,
  porter: Porter = createHostPorter({ isHandingOver: true }),
): void {
  /** Handed over, and not yet taken: this process still holds a copy. */
  const untaken = new Map<number, Handle>()

  child.on('message', (message) => {
    const request = payloadOf(message) as PorterRequest | undefined
    if (request) void answer(request)
  })
  child.on('disconnect', () => {
    for (const handle of untaken.values()) discard(handle)
    untaken.clear()
  })

  async function answer(request: PorterRequest): Promise<void> {
    const { id } = request
    try {
      if (request.verb === 'taken') release(id)
      else if (request.verb === 'askDns') {
        const message = await porter.askDns(Buffer.from(request.query, 'base64'))
        send({ id, reply: 'answer', answer: Buffer.from(message).toString('base64') })
      } else handOver(id, await open(request))
    } catch (error) {
      send({ id, reply: 'error', error: encodeError(error) })
    }
  }

  function open(request: Exclude<PorterRequest, { verb: 'askDns' | 'taken' }>): Promise<Handle> {
    if (request.verb === 'connect') return porter.connect(request.host, request.port)
    if (request.verb === 'bindUdp') return porter.bindUdp(request.address, request.port)
    return porter.listen(request.address, request.port)
  }

  function handOver(id: number, handle: Handle): void {
    if (!child.connected) {
      discard(handle)
      return
    }
    untaken.set(id, handle)
    if (handle instanceof Server)
      handle.on('connection', (socket) => send({ id, reply: 'accepted' }, socket))
    handle.on('error', () => {})
    send({ id, reply: 'handle' }, handle)
  }

  function release(id: number): void {
    const handle = untaken.get(id)
    untaken.delete(id)
    // Node itself closes its copy of a connection when the receiver has it.
    if (handle instanceof Server || handle instanceof UdpSocket) handle.close()
  }

  /** Fails only when the channel is gone, and then `disconnect` clears up. */
  function send(reply: PorterReply, handle?: Handle): void {
    if (child.connected) child.send?.({ porter: reply }, handle, {}, () => {})
    else if (handle) discard(handle)
  }
}

function discard(handle: Handle): void {
  if (handle instanceof Server || handle instanceof UdpSocket) handle.close()
  else handle.destroy()
}
