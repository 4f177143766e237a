// The command line's end of the control socket: the same Control, over HTTP.

import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import type { PublishedPort } from './config.ts'
import type { Control, ControlLine, ImageView } from './control-protocol.ts'
import { UserError } from './user-error.ts'

interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: AsyncIterable<Uint8Array> | string
  readonly onProgress?: (text: string) => void
}

/** Every call rejects with UserError where the agent refuses or is not there. */
export function controlOver(socketPath: string): Control {
  const ask = (question: Ask) => send(socketPath, question)
  return {
    loadImages: async (archive, onProgress) =>
      (await ask({
        method: 'POST',
        path: '/images/load',
        body: archive,
        onProgress,
      })) as readonly string[],
    pullImage: async (image, onProgress) =>
      String(await ask({ method: 'POST', path: '/images/pull', query: { image }, onProgress })),
    listImages: async () => (await ask({ method: 'GET', path: '/images' })) as readonly ImageView[],
    removeImage: async (image) =>
      void (await ask({ method: 'DELETE', path: '/images', query: { image } })),
    listPorts: async () =>
      (await ask({ method: 'GET', path: '/ports' })) as readonly PublishedPort[],
    addPort: async (port) =>
      (await ask({
        method: 'POST',
        path: '/ports',
        body: JSON.stringify(port),
      })) as PublishedPort,
    removePort: async (address, port) =>
      void (await ask({ method: 'DELETE', path: '/ports', query: { address, port: `${port}` } })),
    stopNode: async (node) =>
      void (await ask({ method: 'POST', path: '/nodes/stop', query: { node } })),
    startNode: async (node) =>
      void (await ask({ method: 'POST', path: '/nodes/start', query: { node } })),
  }
}

async function send(socketPath: string, question: Ask): Promise<unknown> {
  const { method, path, query = {}, body = '', onProgress } = question
  const outgoing = request({
    socketPath,
    method,
    path: `${path}?${new URLSearchParams(query)}`,
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve)
    outgoing.on('error', (error) => reject(unreachable(error)))
  })
  // An agent that refuses an archive half way answers before it has read all of it.
  const sending = typeof body === 'string' ? outgoing.end(body) : pipeline(body, outgoing)
  const sent = Promise.resolve(sending).then(
    () => undefined,
    (error: Error) => error,
  )
  // Lines are lost between the making of an interface and its first use: no await there.
  const input = await answer
  for await (const text of createInterface({ input })) {
    const line = JSON.parse(text) as ControlLine
    if ('progress' in line) onProgress?.(line.progress)
    else if ('failed' in line) throw new UserError(line.failed)
    else return line.done
  }
  throw new UserError(`the agent ended before it was done${(await sent) ? ': sending failed' : ''}`)
}

function unreachable(error: NodeJS.ErrnoException): Error {
  return error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
    ? new UserError('the cluster does not run; sampan start runs it')
    : error
}
