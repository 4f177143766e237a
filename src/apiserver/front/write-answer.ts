// An answer of the chain onto an exchange's output: whole, by and by as the client takes it, as a
// stream, or packed. However large an answer is, what waits for a slow client is one buffer.

import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'
import { chunksOf, sizeOf } from '../body.ts'
import type { LargeBody, ServerAnswer } from '../request.ts'
import { shownWarnings } from '../shown-warnings.ts'
import type { Exchange, HeaderValues, Output } from './exchange.ts'

/** Smaller answers are not worth the CPU: upstream's threshold and level. */
const packThresholdBytes = 128 * 1024
/** Of a large answer on its way to one client. */
const bufferBytes = 256 * 1024
/** So many buffers may go out in a row before others get their turn. */
const buffersPerTurn = 4

export async function writeAnswer(
  { method, headers: asked, output }: Exchange,
  answer: ServerAnswer,
  warnings: readonly string[],
): Promise<void> {
  const { status, body } = answer
  const headers: HeaderValues = { ...answer.headers }
  if (warnings.length > 0) headers['warning'] = shownWarnings(warnings).map(warningHeader)
  if (answer.setCookies) headers['set-cookie'] = [...answer.setCookies]
  if (method === 'HEAD' || status === 304) return writeHead(output, answer, headers)
  if (body instanceof Uint8Array && body.length < packThresholdBytes)
    return output.answer(status, headers, body)
  if (Symbol.asyncIterator in body) {
    output.begin(status, headers)
    if ('pushTo' in body) return body.pushTo(output)
    return writeStream(output, body)
  }
  if (acceptsGzip(asked) && !headers['content-encoding'] && sizeOf(body) >= packThresholdBytes) {
    output.begin(status, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    return writeStream(output, packed(body))
  }
  output.begin(status, headers, sizeOf(body))
  if ('read' in body) await writeLarge(output, body)
  else for (const part of chunksOf(body)) if (!output.write(part)) await output.drained()
  output.end()
}

/** RFC 7234: code 299, no agent, the text quoted; as UTF-8, a byte a character as heads have it. */
export function warningHeader(text: string): string {
  return Buffer.from(`299 - ${JSON.stringify(text)}`).toString('latin1')
}

/** An answer that has no body is complete with its head: not even an empty chunk may follow. */
async function writeHead(output: Output, { status, body }: ServerAnswer, headers: HeaderValues) {
  if (Symbol.asyncIterator in body) {
    output.begin(status, headers)
    // What would have been streamed is told that nobody listens.
    await body[Symbol.asyncIterator]().return?.()
  } else output.begin(status, headers, status === 304 ? undefined : sizeOf(body))
  output.end()
}

async function writeStream(output: Output, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    if (output.isGone) break
    if (!output.write(chunk)) await output.drained()
  }
  output.end()
}

async function writeLarge(output: Output, body: LargeBody): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(bufferBytes, body.byteLength))
  for (let count = 1; !output.isGone; count++) {
    const size = body.read(buffer)
    if (size === 0) return
    await output.flush(buffer.subarray(0, size))
    if (count % buffersPerTurn === 0) await nextTurn()
  }
}

function acceptsGzip(headers: Exchange['headers']): boolean {
  return String(headers['accept-encoding'] ?? '').includes('gzip')
}

function packed(body: Exclude<ServerAnswer['body'], AsyncIterable<Uint8Array>>) {
  const source = Readable.from(chunksOf(body), { objectMode: false })
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 })
  source.on('error', (error) => gzip.destroy(error))
  return source.pipe(gzip)
}
