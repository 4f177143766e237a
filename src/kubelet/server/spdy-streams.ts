// A remote command over SPDY/3.1: the client opens one stream for each of error, stdin, stdout,
// stderr and resize; the protocol's version says which it opens and how the end is told.

import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import type { TerminalSize } from '../../cri/cri.ts'
import { decodeSize } from '../../wire/remotecommand.ts'
import { SpdySession } from '../../wire/spdy-session.ts'
import {
  type CommandEnd,
  endStatus,
  endText,
  type RemoteStreams,
  type StreamRequest,
} from './remote-command.ts'
import { ended } from './websocket-streams.ts'

/** Best first. */
export const spdyProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const

const streamsWithinMs = 30_000

/** Resolves when the client has opened all the streams it asked for. */
export async function spdyStreams(
  connection: Duplex,
  protocol: string,
  asked: StreamRequest,
): Promise<RemoteStreams> {
  const wanted = wantedStreams(protocol, asked)
  const streams = new Map<string, Duplex>()
  const gone = new AbortController()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const session = new SpdySession(connection, {
    isServer: true,
    onStream({ headers, duplex }) {
      duplex.on('error', () => {})
      streams.set(headers['streamtype'] ?? '', duplex)
      if (wanted.every((name) => streams.has(name))) resolve()
    },
  })
  session.ended.then(() => {
    gone.abort()
    reject(new Error('the client went away'))
  })
  const late = setTimeout(() => reject(new Error('timed out waiting for client')), streamsWithinMs)
  try {
    await promise
  } catch (error) {
    session.close()
    throw error
  } finally {
    clearTimeout(late)
  }
  return {
    ...part('stdin', streams),
    ...part('stdout', streams),
    ...part('stderr', streams),
    ...(streams.has('resize') && { resizes: sizes(streams.get('resize')) }),
    signal: gone.signal,
    async finish(end: CommandEnd) {
      await Promise.all([ended(streams.get('stdout')), ended(streams.get('stderr'))])
      const error = streams.get('error')
      error?.write(hasStatus(protocol) ? JSON.stringify(endStatus(end)) : endText(end))
      await ended(error)
      session.close()
    },
  }
}

export function wantedStreams(protocol: string, asked: StreamRequest): readonly string[] {
  const hasResize = /^v[345]\./.test(protocol) && asked.tty
  return [
    'error',
    ...(asked.stdin ? ['stdin'] : []),
    ...(asked.stdout ? ['stdout'] : []),
    ...(asked.stderr ? ['stderr'] : []),
    ...(hasResize ? ['resize'] : []),
  ]
}

function hasStatus(protocol: string): boolean {
  return /^v[45]\./.test(protocol)
}

function part<N extends 'stdin' | 'stdout' | 'stderr'>(
  name: N,
  streams: ReadonlyMap<string, Duplex>,
): { readonly [K in N]?: Duplex } {
  const stream = streams.get(name)
  return (stream ? { [name]: stream } : {}) as { readonly [K in N]?: Duplex }
}

/** One JSON object a size; Go's encoder puts each on a line of its own. */
async function* sizes(stream: Duplex | undefined): AsyncGenerator<TerminalSize> {
  if (!stream) return
  for await (const line of createInterface({ input: stream })) {
    const size = decodeSize(line)
    if (size) yield size
  }
}
