// Carries what arrives at a socket of the host to an address in the fabric, and back.
// In: a server or UDP socket, and where to go. Out: bytes, at the pace of the slower side.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, type Server, type Socket } from 'node:net'

export interface Goal {
  readonly address: string
  readonly port: number
}

/** Connections through one port; further ones are closed at once. */
const mostConnections = 4096

/** `choose` is asked for each connection. */
export function relayTcp(server: Server, choose: () => Goal): void {
  server.maxConnections = mostConnections
  server.on('connection', (near: Socket) => {
    const { address, port } = choose()
    join(near, connect({ host: address, port, allowHalfOpen: true, noDelay: true }))
  })
}

/**
 * Each side ends on its own, and what it said before is delivered; when one breaks off, the
 * other is told by a reset.
 */
export function join(near: Socket, far: Socket): void {
  near.setNoDelay(true)
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => {
      if (!from.readableEnded) to.resetAndDestroy()
    })
  }
}

/** Callers remembered for one port, and how long after their last datagram. */
const mostFlows = 1024
const flowIdleMs = 60_000

interface Flow {
  readonly socket: UdpSocket
  readonly idle: NodeJS.Timeout
}

/** Each caller gets a socket of its own in the fabric, by which answers find back to it. */
export function relayUdp(near: UdpSocket, choose: () => Goal): void {
  const flows = new Map<string, Flow>()
  near.on('error', () => {})
  near.on('close', () => {
    for (const { socket, idle } of flows.values()) {
      clearTimeout(idle)
      socket.close()
    }
  })
  near.on('message', (message, caller) => {
    const key = `${caller.address}:${caller.port}`
    const flow = flows.get(key) ?? open(key, caller)
    if (!flow) return
    flow.idle.refresh()
    const { address, port } = choose()
    flow.socket.send(message, port, address, () => {})
  })

  function open(key: string, caller: { address: string; port: number }): Flow | undefined {
    if (flows.size >= mostFlows) return undefined
    const socket = createSocket('udp4')
    const close = () => {
      if (flows.delete(key)) socket.close()
    }
    socket.on('message', (answer) => near.send(answer, caller.port, caller.address, () => {}))
    socket.on('error', close)
    const flow = { socket, idle: setTimeout(close, flowIdleMs) }
    flows.set(key, flow)
    return flow
  }
}
