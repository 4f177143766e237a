// One request and its answer on a connection, whatever the framing. Framings make exchanges;
// `serveExchange` runs the chain on them.

import { StatusError } from '../../api/status-error.ts'
import { statusAnswer } from '../answer.ts'
import type { ChainHandler, ChainRequest } from '../chain-request.ts'
import type { Frame, ServerAnswer, ServerResponse, UserInfo } from '../request.ts'
import { HttpRequest } from './http-request.ts'
import { writeAnswer } from './write-answer.ts'

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
  readonly body: RequestBody
  readonly output: Output
}

export interface RequestBody {
  /** All of it. Throws RequestEntityTooLarge beyond `limitBytes`, Timeout when it does not come. */
  whole(limitBytes: number): Promise<Uint8Array>
  /** As it comes. */
  stream(): AsyncIterable<Uint8Array>
}

/** Where an answer goes: `answer`, or `begin`, any number of writes, and `end`. */
export interface Output {
  /** Head and whole body in as few writes as there can be. */
  answer(status: number, headers: HeaderValues, body: Uint8Array): void
  /** `byteLength`: of the body, where it is known. */
  begin(status: number, headers: HeaderValues, byteLength?: number): void
  /** Bytes that are the output's now. False: whoever writes on should wait until it has drained. */
  write(bytes: Uint8Array): boolean
  /** As `write`, of bytes that may be framed already and are shared with other outputs. */
  writeFrame(frame: Frame): boolean
  /** Writes bytes that are the caller's again when it resolves. */
  flush(bytes: Uint8Array): Promise<void>
  /** Resolves when the client has taken what was written, or has gone. */
  drained(): Promise<void>
  end(): void
  readonly isGone: boolean
  /** Called once: the client has gone, or all is written. */
  onClose(callback: () => void): void
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

export function upgradeRequired(): ServerAnswer {
  return statusAnswer(new StatusError('BadRequest', 'Upgrade request required'))
}
