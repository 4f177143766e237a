// How the kubelet reaches a Pod: a TCP connection to an address of its own network.

import { connect, type Socket } from 'node:net'

export type DialPod = (host: string, port: number, signal: AbortSignal) => Promise<Socket>

export const dialDirectly: DialPod = (host, port, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', reject)
      resolve(socket)
    })
    if (signal.aborted) abort()
  })
