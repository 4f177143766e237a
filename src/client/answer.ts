// Reading what an API server answered: whole bodies, errors, and streams of JSON lines.

import {
  codeOfReason,
  type StatusDetails,
  StatusError,
  type StatusReason,
} from '../api/status-error.ts'
import type { ApiResponse } from './transport.ts'

export async function readText({ body }: ApiResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const [only] = chunks
  if (chunks.length === 1 && only)
    return Buffer.from(only.buffer, only.byteOffset, only.length).toString()
  return Buffer.concat(chunks).toString()
}

/** Each line of a stream, without its end. A last line that was cut off is left out. */
export async function* readLines({ body }: ApiResponse): AsyncGenerator<string> {
  let pending: Buffer[] = []
  for await (const piece of body) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    let start = 0
    for (let end = 0; (end = chunk.indexOf(0x0a, start)) >= 0; start = end + 1) {
      const line = chunk.subarray(start, end)
      yield pending.length > 0 ? Buffer.concat([...pending, line]).toString() : line.toString()
      pending = []
    }
    if (start < chunk.length) pending.push(Buffer.from(chunk.subarray(start)))
  }
}

/** The error a body that should hold a Status stands for. */
export function statusErrorOf(httpStatus: number, text: string): StatusError {
  const status = parseStatus(text)
  return new StatusError(
    reasonOf(status?.reason, status?.code ?? httpStatus),
    status?.message ?? (text.slice(0, 2048) || `the server answered ${httpStatus}`),
    status?.details,
  )
}

interface LooseStatus {
  readonly reason?: string
  readonly message?: string
  readonly code?: number
  readonly details?: StatusDetails
}

function parseStatus(text: string): LooseStatus | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const isStatus = typeof parsed === 'object' && parsed !== null && 'kind' in parsed
    return isStatus && parsed.kind === 'Status' ? (parsed as LooseStatus) : undefined
  } catch {
    return undefined
  }
}

const reasonOfCode: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

function reasonOf(reason: string | undefined, code: number): StatusReason {
  if (reason !== undefined && reason in codeOfReason) return reason as StatusReason
  return reasonOfCode[code] ?? 'InternalError'
}
