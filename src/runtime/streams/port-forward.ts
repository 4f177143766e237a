// Connections into a sandbox's network: a short-lived process enters its namespace, connects, and
// hands the socket over, which stays in that namespace. No byte passes through anyone.

import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { CriError } from '../../cri/cri.ts'
import { systemEnvironment } from '../../host/system-path.ts'

export interface Connectors {
  connect(networkNamespace: string, port: number): Promise<Duplex>
  close(): void
}

/** Browsers open several connections: the process waits a little for the next. */
const idleMs = 10_000

/** Connects to both loopback addresses, as a kubelet does, and sends the socket. */
const program = `
const net = require('node:net')
process.on('message', ({ seq, port }) => {
  const dial = (host, next) => {
    const socket = net.connect({ host, port, allowHalfOpen: true })
    socket.once('error', (error) => next ? next() : process.send({ seq, error: error.code }))
    socket.once('connect', () => {
      socket.removeAllListeners('error').on('error', () => {})
      socket.pause()
      process.send({ seq }, socket, () => socket.destroy())
    })
  }
  dial('127.0.0.1', () => dial('::1'))
})
process.on('disconnect', () => process.exit())
`

interface Connector {
  readonly child: ChildProcess
  readonly waiting: Map<number, (answer: Answer, socket?: unknown) => void>
  idle: NodeJS.Timeout | undefined
}

interface Answer {
  readonly seq: number
  readonly error?: string
}

export function createConnectors(): Connectors {
  const connectors = new Map<string, Connector>()
  let nextSeq = 1

  const connectorFor = (path: string): Connector => {
    const known = connectors.get(path)
    if (known) return known
    const argv = [`--net=${path}`, '--', process.execPath, '--eval', program]
    const child = spawn('nsenter', argv, {
      env: systemEnvironment(),
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const connector: Connector = { child, waiting: new Map(), idle: undefined }
    const end = () => {
      if (connectors.get(path) === connector) connectors.delete(path)
      clearTimeout(connector.idle)
      for (const [seq, answer] of connector.waiting) answer({ seq, error: 'the sandbox is gone' })
      connector.waiting.clear()
    }
    child.on('error', end).on('exit', end)
    child.on('message', (answer: Answer, socket) => {
      const waiter = connector.waiting.get(answer.seq)
      connector.waiting.delete(answer.seq)
      waiter?.(answer, socket)
    })
    connectors.set(path, connector)
    return connector
  }

  return {
    async connect(path, port) {
      const connector = connectorFor(path)
      clearTimeout(connector.idle)
      const seq = nextSeq++
      const [{ error }, socket] = await new Promise<[Answer, unknown]>((resolve) => {
        connector.waiting.set(seq, (answer, handle) => resolve([answer, handle]))
        connector.child.send({ seq, port }, (failure) => {
          if (failure) resolve([{ seq, error: failure.message }, undefined])
        })
      })
      connector.idle = setTimeout(() => connector.child.kill(), idleMs).unref()
      if (socket instanceof Socket) return socket
      throw new CriError('Unavailable', connectError(port, error ?? 'no socket came'))
    },
    close() {
      for (const { child } of connectors.values()) child.kill()
    },
  }
}

function connectError(port: number, code: string): string {
  const why = code === 'ECONNREFUSED' ? 'connect: connection refused' : code
  return `failed to connect to localhost:${port} inside namespace: dial tcp4 127.0.0.1:${port}: ${why}`
}
