// Codec of an HTTP/1.1 response's head, and of the frame around a chunk of a body:
//   HTTP/1.1 SP status SP reason CRLF  *( Name ": " value CRLF )  CRLF
//   hex-size CRLF  size bytes  CRLF

import { Buffer } from 'node:buffer'

export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>

const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

const notInValue = /[^\t\x20-\x7e\x80-\xff]/g
const notInName = /[^!#$%&'*+\-.^_`|~\w]/

/** Latin1 text of a head. What could end a line early is replaced, whoever it came from. */
export function encodeResponseHead(status: number, headers: ResponseHeaders): string {
  let text = `HTTP/1.1 ${status} ${reasons[status] ?? 'Status'}\r\n`
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || notInName.test(name)) continue
    if (typeof value === 'string') text += fieldLine(name, value)
    else for (const one of value) text += fieldLine(name, one)
  }
  return `${text}\r\n`
}

function fieldLine(name: string, value: string): string {
  return `${canonical(name)}: ${value.replace(notInValue, ' ')}\r\n`
}

/** Names as HTTP/1.1 has always written them; those of nearly every answer are at hand. */
const canonicalNames: ReadonlyMap<string, string> = new Map(
  [
    'audit-id',
    'cache-control',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'date',
    'transfer-encoding',
    'vary',
    'warning',
    'x-content-type-options',
    'x-kubernetes-pf-flowschema-uid',
    'x-kubernetes-pf-prioritylevel-uid',
  ].map((name) => [name, capitalized(name)]),
)

function canonical(name: string): string {
  return canonicalNames.get(name) ?? capitalized(name)
}

function capitalized(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
}

/** Room for the largest size line. */
export const chunkHeadBytes = 10
const chunkTailBytes = 2

export const lastChunk = Buffer.from('0\r\n\r\n')

/**
 * One buffer for `size` bytes of body with the frame of a chunk around them: fill `body`, send
 * `chunk` where bodies are chunked and `body` elsewhere.
 */
export function allocateChunk(size: number): { readonly body: Buffer; readonly chunk: Buffer } {
  const buffer = Buffer.allocUnsafe(chunkHeadBytes + size + chunkTailBytes)
  const line = `${size.toString(16)}\r\n`
  const start = chunkHeadBytes - line.length
  buffer.write(line, start, 'latin1')
  buffer.write('\r\n', chunkHeadBytes + size, 'latin1')
  return {
    body: buffer.subarray(chunkHeadBytes, chunkHeadBytes + size),
    chunk: buffer.subarray(start),
  }
}
