// The agent's end of the control socket: requests in, calls of Control out.

import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { PublishedPort } from './config.ts'
import type { Control, ControlLine } from './control-protocol.ts'

type Answer = (control: Control, request: Asked) => Promise<unknown>

interface Asked {
  readonly query: URLSearchParams
  readonly body: IncomingMessage
  readonly onProgress: (text: string) => void
}

const routes: Readonly<Record<string, Answer>> = {
  'POST /images/load': (control, { body, onProgress }) => control.loadImages(body, onProgress),
  'POST /images/pull': (control, { query, onProgress }) =>
    control.pullImage(query.get('image') ?? '', onProgress),
  'GET /images': (control) => control.listImages(),
  'DELETE /images': (control, { query }) => control.removeImage(query.get('image') ?? ''),
  'GET /ports': (control) => control.listPorts(),
  'POST /ports': async (control, { body }) =>
    control.addPort(JSON.parse(await text(body)) as PublishedPort),
  'DELETE /ports': (control, { query }) =>
    control.removePort(query.get('address') ?? '', Number(query.get('port'))),
  'POST /nodes/stop': (control, { query }) => control.stopNode(query.get('node') ?? ''),
  'POST /nodes/start': (control, { query }) => control.startNode(query.get('node') ?? ''),
}

/** Serves until the signal aborts. A socket left by a former agent is replaced. */
export async function serveControl(
  path: string,
  control: Control,
  signal: AbortSignal,
): Promise<void> {
  const server = createServer((request, response) => void answer(control, request, response))
  // An archive may be large and its sender slow.
  server.requestTimeout = 0
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  signal.addEventListener('abort', () => {
    server.close()
    server.closeAllConnections()
  })
}

async function answer(
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://agent')
  const route = routes[`${request.method} ${url.pathname}`]
  response.setHeader('content-type', 'application/x-ndjson')
  const line = (message: ControlLine) => response.write(`${JSON.stringify(message)}\n`)
  try {
    if (!route) throw new Error(`the agent knows no ${request.method} ${url.pathname}`)
    const onProgress = (progress: string) => void line({ progress })
    const done = await route(control, { query: url.searchParams, body: request, onProgress })
    line({ done: done ?? null })
  } catch (error) {
    line({ failed: error instanceof Error ? error.message : String(error) })
  }
  response.end()
  // What a refused archive still had to say is not of interest.
  request.resume()
}
