// The agent's end of the supervisor's socket: requests with answers, exits as they happen.
// The connection comes back by itself when the supervisor was started again.

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CriError } from '../../cri/cri.ts'
import {
  createFrameReader,
  type ExitEvent,
  encodeFrame,
  encodeJson,
  type Frame,
  frame,
  type ListResult,
  type Request,
  type StartRequest,
  type StartResult,
} from './protocol.ts'

export interface SupervisorClient {
  start(request: Omit<StartRequest, 'verb'>): Promise<StartResult>
  signal(id: string, signal: number): Promise<void>
  resize(id: string, width: number, height: number): Promise<void>
  reopenLog(id: string): Promise<void>
  list(): Promise<ListResult>
  attach(id: string, stdin: boolean, onFrame: (frame: Frame) => void): Promise<Attachment>
  close(): void
}

export interface Attachment {
  /** False: wait for 'drain' of the socket. */
  writeStdin(chunk: Uint8Array): boolean
  endStdin(): void
  readonly socket: Socket
  /** Resolves when the container has ended or the connection has. */
  readonly closed: Promise<void>
}

export interface SupervisorClientOptions {
  readonly socketPath: string
  readonly onExit: (event: ExitEvent) => void
  /** After each connection, the first too: what happened meanwhile must be asked for. */
  readonly onConnect: () => void
}

/** How long a request waits for a supervisor that is being started again. */
const longestWaitMs = 10_000
const retryMs = 50

interface Waiter {
  resolve(result: unknown): void
  reject(error: Error): void
}

export function createSupervisorClient(options: SupervisorClientOptions): SupervisorClient {
  let current: Promise<Connection> | undefined
  let isClosed = false

  const connection = (): Promise<Connection> => {
    current ??= open(options, () => {
      current = undefined
      if (!isClosed) connection().catch(() => {})
    })
    current.catch(() => {
      current = undefined
    })
    return current
  }
  const ask = async (request: Request) => (await connection()).ask(request)
  connection().catch(() => {})

  return {
    start: async (request) => (await ask({ verb: 'start', ...request })) as StartResult,
    signal: async (id, signal) => void (await ask({ verb: 'signal', id, signal })),
    resize: async (id, width, height) => void (await ask({ verb: 'resize', id, width, height })),
    reopenLog: async (id) => void (await ask({ verb: 'reopenLog', id })),
    list: async () => (await ask({ verb: 'list' })) as ListResult,
    attach: (id, stdin, onFrame) => openAttachment(options.socketPath, { id, stdin }, onFrame),
    close() {
      isClosed = true
      current?.then(({ socket }) => socket.destroy()).catch(() => {})
    },
  }
}

interface Connection {
  readonly socket: Socket
  ask(request: Request): Promise<unknown>
}

async function open(options: SupervisorClientOptions, onClose: () => void): Promise<Connection> {
  const socket = await dial(options.socketPath)
  const waiters = new Map<number, Waiter>()
  let nextSeq = 1
  const read = createFrameReader(({ body }) => {
    const message = JSON.parse(body.toString())
    if (message.event === 'exited') return options.onExit(message)
    const waiter = waiters.get(message.seq)
    waiters.delete(message.seq)
    if (message.error !== undefined) waiter?.reject(new CriError('Unknown', message.error))
    else waiter?.resolve(message.result)
  })
  socket.on('data', (chunk: Buffer) => read(chunk))
  socket.on('close', () => {
    const gone = new CriError('Unavailable', 'the supervisor of the containers has ended')
    for (const waiter of waiters.values()) waiter.reject(gone)
    onClose()
  })
  const ask = (request: Request) =>
    new Promise<unknown>((resolve, reject) => {
      const seq = nextSeq++
      waiters.set(seq, { resolve, reject })
      socket.write(encodeJson({ seq, ...request }))
    })
  queueMicrotask(options.onConnect)
  return { socket, ask }
}

async function dial(path: string): Promise<Socket> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const socket = await tryDial(path)
    if (socket) return socket
    if (waitedMs >= longestWaitMs)
      throw new CriError('Unavailable', 'the supervisor of the containers does not answer')
    await sleep(retryMs)
  }
}

function tryDial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    // Later errors end the connection, which is all that must be known of them.
    socket.on('error', () => resolve(undefined))
  })
}

async function openAttachment(
  path: string,
  { id, stdin }: { readonly id: string; readonly stdin: boolean },
  onFrame: (frame: Frame) => void,
): Promise<Attachment> {
  const socket = await dial(path)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const read = createFrameReader((received) => {
      if (received.kind !== frame.json) return onFrame(received)
      const { error } = JSON.parse(received.body.toString())
      if (error === undefined) return resolve()
      socket.destroy()
      reject(new CriError('FailedPrecondition', error))
    })
    socket.on('data', (chunk: Buffer) => read(chunk))
    closed.then(() => reject(new CriError('Unavailable', 'the supervisor has ended')))
    socket.write(encodeJson({ seq: 1, verb: 'attach', id, stdin }))
  })
  return {
    writeStdin: (chunk) => socket.write(encodeFrame(frame.stdin, chunk)),
    endStdin: () => void socket.write(encodeFrame(frame.endOfStdin, new Uint8Array())),
    socket,
    closed,
  }
}
