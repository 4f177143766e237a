// One request and its answer on a connection, whatever the framing: HTTP/1.1, HTTP/2, or our own.
// Framings make exchanges; `serveExchange` runs the chain on them and writes what it answers.

import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { StatusError } from '../../api/status-error.ts'
import { statusAnswer } from '../answer.ts'
import type { ChainHandler, ChainRequest } from '../chain-request.ts'
import type { ServerAnswer, ServerResponse, UserInfo } from '../request.ts'
import { HttpRequest } from './http-request.ts'

export interface Peer {
  readonly address: string
  readonly certificateUser: UserInfo | undefined
  /** What it says in headers about who asks is believed. */
  readonly isFrontProxy?: boolean
}

export type HeaderValues = Record<string, string | string[]>

export interface Exchange {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly peer: Peer
  readonly input: Readable
  /** Emits close when the client has gone or all is written. */
  readonly output: Writable
  writeHead(status: number, headers: HeaderValues): void
}

/** What is under way, so that a server that stops can end it. */
export type OpenRequests = Set<HttpRequest>

/** Runs the chain; a request that cannot even be read is answered with its Status. */
export async function answerOf(
  exchange: Exchange,
  handler: ChainHandler,
  open: OpenRequests,
): Promise<{ response: ServerResponse; request: ChainRequest | undefined }> {
  try {
    const request = new HttpRequest(exchange, open)
    return { response: await handler(request), request }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return { response: statusAnswer(error), request: undefined }
  }
}

export async function serveExchange(
  exchange: Exchange,
  handler: ChainHandler,
  open: OpenRequests,
): Promise<void> {
  const { response, request } = await answerOf(exchange, handler, open)
  const answer = 'upgrade' in response ? upgradeRequired() : response
  await writeAnswer(exchange, answer, request?.warnings ?? [])
}

function upgradeRequired(): ServerAnswer {
  return statusAnswer(new StatusError('BadRequest', 'Upgrade request required'))
}

export async function writeAnswer(
  exchange: Exchange,
  answer: ServerAnswer,
  warnings: readonly string[],
): Promise<void> {
  const headers: HeaderValues = { ...answer.headers }
  if (warnings.length > 0) headers['warning'] = warnings.map(warningHeader)
  if (answer.setCookies) headers['set-cookie'] = [...answer.setCookies]
  if (Symbol.asyncIterator in answer.body) {
    exchange.writeHead(answer.status, headers)
    return writeStream(exchange, answer.body)
  }
  const parts = answer.body instanceof Uint8Array ? [answer.body] : answer.body
  const body = await packed(parts, headers, exchange)
  if (answer.status !== 304) headers['content-length'] = String(sizeOf(body))
  exchange.writeHead(answer.status, headers)
  // An answer that has no body is complete with its head: not even an empty chunk may follow.
  if (exchange.method !== 'HEAD')
    for (const part of body) if (part.length > 0) exchange.output.write(part)
  exchange.output.end()
}

/** RFC 7234: code 299, no agent, the text quoted; as UTF-8, a byte a character as Node wants it. */
export function warningHeader(text: string): string {
  return Buffer.from(`299 - ${JSON.stringify(text)}`).toString('latin1')
}

async function writeStream({ output, method }: Exchange, body: AsyncIterable<Uint8Array>) {
  if (method === 'HEAD') return void output.end()
  // Headers go out before the first chunk: a watch may have nothing to say for long.
  if ('flushHeaders' in output && typeof output.flushHeaders === 'function') output.flushHeaders()
  for await (const chunk of body) {
    if (output.destroyed) break
    if (!output.write(chunk)) await drained(output)
  }
  output.end()
}

/** Resolves when the client has taken what was written, or has gone. */
function drained(output: Writable): Promise<void> {
  if (output.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      output.off('drain', done).off('close', done)
      resolve()
    }
    output.on('drain', done).on('close', done)
  })
}

/** Smaller answers are not worth the CPU: upstream's threshold and level. */
const packThresholdBytes = 128 * 1024
const gzipAsync = promisify(gzip)

async function packed(
  parts: readonly Uint8Array[],
  headers: HeaderValues,
  { headers: asked }: Exchange,
): Promise<readonly Uint8Array[]> {
  const wanted = String(asked['accept-encoding'] ?? '').includes('gzip')
  if (!wanted || headers['content-encoding'] || sizeOf(parts) < packThresholdBytes) return parts
  headers['content-encoding'] = 'gzip'
  headers['vary'] = 'Accept-Encoding'
  return [await gzipAsync(Buffer.concat(parts), { level: constants.Z_BEST_SPEED })]
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
