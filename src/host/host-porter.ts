// The porter's verbs done in this very process: sockets of whatever network it is in.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { askResolvers } from './ask-resolvers.ts'
import type { Porter } from './porter.ts'
import { readResolvConf } from './resolv-conf.ts'

/** Longest wait for an answer to a dial; the kernel alone would try for two minutes. */
const dialTimeoutMs = 30_000

export interface HostPorterOptions {
  /**
   * Connections come paused, because another process is to read them: what this one had read
   * from the kernel would be lost.
   */
  readonly isHandingOver?: boolean
}

export function createHostPorter({ isHandingOver = false }: HostPorterOptions = {}): Porter {
  return {
    listen: (address, port) => openServer({ address, port, isHandingOver }),
    connect: (host, port) => dial({ host, port, isHandingOver }),
    askDns: async (query) => askResolvers(query, (await readResolvConf()).nameservers),
    bindUdp: openUdp,
  }
}

interface Listen {
  readonly address: string
  readonly port: number
  readonly isHandingOver: boolean
}

function openServer({ address, port, isHandingOver }: Listen): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: isHandingOver })
    server.once('error', reject)
    server.listen({ host: address, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

interface Dial {
  readonly host: string
  readonly port: number
  readonly isHandingOver: boolean
}

function dial({ host, port, isHandingOver }: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    if (isHandingOver) socket.pause()
    const giveUp = setTimeout(() => socket.destroy(timedOut(host, port)), dialTimeoutMs)
    const settle = (act: () => void) => {
      clearTimeout(giveUp)
      socket.removeAllListeners('error')
      act()
    }
    socket.once('error', (error) => settle(() => reject(error)))
    socket.once('connect', () => settle(() => resolve(socket)))
  })
}

function timedOut(host: string, port: number): Error {
  const error: NodeJS.ErrnoException = new Error(`connect ETIMEDOUT ${host}:${port}`)
  error.code = 'ETIMEDOUT'
  return error
}

function openUdp(address: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
