// The members of an etcd: one connection to one of them, another when it fails. In: calls. Out:
// answers, after as many tries as the time allows; then StoreUnavailable, which names who was
// asked and what each said.

import { connect as dial, type Socket } from 'node:net'
import { connect as shakeHands } from 'node:tls'
import { backoffDelay } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { StoreClosed, StoreUnavailable } from '../../store.ts'
import { type Channel, ChannelLost, GrpcError, grpcCode, openChannel } from './grpc.ts'
import { type Credentials, decodeToken, encodeAuthentication } from './messages.ts'

export interface EtcdTls {
  /** PEM. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface MembersOptions {
  /** http://HOST:PORT or https://HOST:PORT, each a member of the same etcd. */
  readonly endpoints: readonly string[]
  readonly tls?: EtcdTls
  readonly user?: Credentials
  /** How a TCP connection is made; node:net unless the host is reached in another way. */
  readonly connect?: (host: string, port: number) => Promise<Socket>
  readonly clock: Clock
  /** Ends every wait. */
  readonly signal: AbortSignal
  readonly log: Log
}

export interface Answer {
  readonly bytes: Uint8Array
  /** An earlier try got no answer: what it asked for may have been done. */
  readonly isRepeated: boolean
}

export interface Members {
  call(path: string, message: Uint8Array): Promise<Answer>
  /** One try: ends with an error when the connection does. */
  stream(path: string, message: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array>
  close(): void
}

const connectMs = 2000
/** One try, where there are others to ask; and all tries of a call. */
const tryMs = 4000
const callMs = 10_000
const waits = { firstMs: 20, lastMs: 1000 }

export function createMembers(options: MembersOptions): Members {
  const { endpoints, clock, signal, log } = options
  let next = 0
  let current: Promise<Channel> | undefined
  let isClosed = false

  /** All who call share one connection, and one search for it. */
  function connected(): Promise<Channel> {
    if (isClosed || signal.aborted) throw new StoreClosed('the store is closed')
    current ??= search().catch((error) => {
      current = undefined
      throw error
    })
    return current
  }

  async function search(): Promise<Channel> {
    const faults: string[] = []
    for (let count = 0; count < endpoints.length; count++) {
      const endpoint = endpoints[next++ % endpoints.length] ?? ''
      try {
        const channel = await openEndpoint(endpoint, options)
        if (isClosed) channel.destroy()
        else log.info('connected to etcd', { endpoint })
        return channel
      } catch (error) {
        faults.push(faultText(endpoint, error))
      }
    }
    throw new ChannelLost(faults.join('; '))
  }

  async function usable(): Promise<Channel> {
    for (;;) {
      const asked = connected()
      const channel = await asked
      if (channel.isOpen) return channel
      if (current === asked) current = undefined
    }
  }

  /** Whoever else waits on that connection tries anew as well. */
  function leave(channel: Channel, error: unknown): void {
    log.warn('lost etcd', { endpoint: channel.endpoint, reason: String(error) })
    void current?.then(
      (now) => {
        if (now === channel) current = undefined
      },
      () => {},
    )
    channel.destroy()
  }

  async function call(path: string, message: Uint8Array): Promise<Answer> {
    const deadlineMs = clock.now().getTime() + callMs
    const faults: string[] = []
    let isRepeated = false
    for (let failures = 0; ; failures++) {
      let channel: Channel | undefined
      const leftMs = Math.max(1, deadlineMs - clock.now().getTime())
      try {
        channel = await usable()
        const timeoutMs = endpoints.length > 1 ? Math.min(tryMs, leftMs) : leftMs
        return { bytes: await channel.unary(path, message, timeoutMs), isRepeated }
      } catch (error) {
        if (!isPassing(error)) throw error
        isRepeated ||= channel !== undefined && !isStranger(error)
        faults.push(channel ? faultText(channel.endpoint, error) : messageOf(error))
        const isUseless = error instanceof ChannelLost || isStranger(error)
        if (channel?.isOpen && (isUseless || endpoints.length > 1)) {
          leave(channel, error)
        }
      }
      if (clock.now().getTime() >= deadlineMs) throw unavailable(faults)
      await clock.sleep(backoffDelay(waits, failures), signal).catch(() => {})
    }
  }

  return {
    call,
    async *stream(path, message, ended) {
      const channel = await usable()
      try {
        yield* channel.stream(path, message, ended)
      } catch (error) {
        const isUseless = isStranger(error) || endpoints.length > 1
        if (isPassing(error) && channel.isOpen && isUseless) leave(channel, error)
        throw error
      }
    },
    close() {
      isClosed = true
      void current?.then(
        (channel) => channel.destroy(),
        () => {},
      )
    },
  }
}

/** Another try, at another member, may do better. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ChannelLost) return true
  const passing: readonly number[] = [
    grpcCode.cancelled,
    grpcCode.deadlineExceeded,
    grpcCode.unavailable,
    grpcCode.unauthenticated,
  ]
  return error instanceof GrpcError && passing.includes(error.code)
}

/** The token of this connection is known no more: nothing was done, and another one helps. */
function isStranger(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCode.unauthenticated
}

function unavailable(faults: readonly string[]): StoreUnavailable {
  // What each said last is enough.
  const said = [...new Set(faults.toReversed())].slice(0, 6)
  return new StoreUnavailable(`etcd gave no answer in ${callMs / 1000} s: ${said.join('; ')}`)
}

const faultText = (endpoint: string, error: unknown) => `${endpoint}: ${messageOf(error)}`
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function openEndpoint(endpoint: string, options: MembersOptions): Promise<Channel> {
  const { protocol, hostname, port } = new URL(endpoint)
  const host = hostname.replace(/^\[|\]$/g, '')
  const opened: Socket[] = []
  const attempt = async () => {
    const socket = await (options.connect ?? connectTcp)(host, Number(port || 2379))
    opened.push(socket)
    socket.setNoDelay(true)
    const wire = protocol === 'https:' ? await secure(socket, host, options.tls) : socket
    const channel = await openChannel(endpoint, wire)
    if (options.user) await authenticate(channel, options.user)
    return channel
  }
  const late = new AbortController()
  try {
    return await Promise.race([attempt(), timeout(connectMs, late.signal)])
  } catch (error) {
    for (const socket of opened) socket.destroy()
    throw error
  } finally {
    late.abort()
  }
}

const authenticatePath = '/etcdserverpb.Auth/Authenticate'

/** A token lives as long as the connection, or until etcd forgets it. */
async function authenticate(channel: Channel, user: Credentials): Promise<void> {
  const answer = await channel.unary(authenticatePath, encodeAuthentication(user), connectMs)
  channel.authorize(decodeToken(answer))
}

function timeout(ms: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new ChannelLost(`no connection in ${ms} ms`)), ms)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function connectTcp(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial({ host, port }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function secure(socket: Socket, host: string, tls: EtcdTls = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = shakeHands(
      {
        ...tls,
        socket,
        host,
        ALPNProtocols: ['h2'],
        ...(!isAddress(host) && { servername: host }),
      },
      () => resolve(secured),
    )
    secured.once('error', reject)
  })
}

const isAddress = (host: string) => /^[\d.]+$|:/.test(host)
