// The porter's verbs done in this very process: sockets of whatever network it is in.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { askResolvers } from './ask-resolvers.ts'
import type { Porter } from './porter.ts'
import { readResolvConf } from './resolv-conf.ts'

/** Longest wait for an answer to a dial; the kernel alone would try for two minutes. */
const dialTimeoutMs = 30_000

export function createHostPorter(): Porter {
  return {
    listen: openServer,
    connect: dial,
    askDns: async (query) => askResolvers(query, (await readResolvConf()).nameservers),
    bindUdp: openUdp,
  }
}

/** Connections are paused until the caller reads them, so none loses its first bytes. */
function openServer(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
    server.once('error', reject)
    server.listen({ host: address, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

/** The socket is paused: nothing is read from it before the caller does. */
function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    socket.pause()
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
