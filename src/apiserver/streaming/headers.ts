// Which headers pass through the API server to a backend, and back.

import type { IncomingHttpHeaders } from 'node:http'
import { headersOf } from '../chain-request.ts'
import { tokenProtocolPrefix } from '../filters/authenticate.ts'
import type { ServerRequest } from '../request.ts'

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Who asks is the API server's business alone. */
const credentials = /^(authorization|impersonate-.*|x-remote-(user|uid|group|extra-.*))$/

export type ForwardedHeaders = Record<string, string | string[]>

export function forwardedHeaders(request: ServerRequest): ForwardedHeaders {
  const forwarded: ForwardedHeaders = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':')) continue
    if (!hopByHop.has(name) && !credentials.test(name) && name !== 'host') forwarded[name] = value
  }
  const { remoteAddress } = request
  const hops = [...headersOf(request, 'x-forwarded-for'), ...(remoteAddress ? [remoteAddress] : [])]
  if (hops.length > 0) forwarded['x-forwarded-for'] = hops.join(', ')
  const protocols = withoutTokens(headersOf(request, 'sec-websocket-protocol'))
  if (protocols) forwarded['sec-websocket-protocol'] = protocols
  return forwarded
}

function withoutTokens(values: readonly string[]): string {
  return values
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value && !value.startsWith(tokenProtocolPrefix))
    .join(', ')
}

export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const returned: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && name !== 'set-cookie' && !hopByHop.has(name))
      returned[name] = typeof value === 'string' ? value : value.join(', ')
  return returned
}

export function isUpgrade(request: ServerRequest): boolean {
  const connection = headersOf(request, 'connection').join(',').toLowerCase()
  return connection.includes('upgrade') && request.headers['upgrade'] !== undefined
}
