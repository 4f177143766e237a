// One HTTP request to a Pod, as probes and hooks make it: own headers, any certificate, redirects
// followed on the same host only.

import { type IncomingMessage, request } from 'node:http'
import { connect as connectTls } from 'node:tls'
import type { HTTPHeader } from '../../api/types.gen.ts'
import type { DialPod } from './dial.ts'
import { dialErrorText, isDialError, isTimeout } from './dial-error.ts'
import type { ProbeResult } from './outcome.ts'

export interface HttpAddress {
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly host: string
  readonly port: number
  readonly path?: string
}

export interface HttpTarget extends HttpAddress {
  readonly httpHeaders?: readonly HTTPHeader[]
  readonly userAgent?: string
  readonly dial: DialPod
  readonly signal: AbortSignal
}

const mostRedirects = 10
const longestBody = 10 * 1024

export async function probeHttp(target: HttpTarget): Promise<ProbeResult> {
  const first = urlOf(target)
  try {
    let url = first
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const { status, body, location } = await getOnce(url, target)
      if (status < 200 || status >= 400)
        return { isSuccess: false, output: `HTTP probe failed with statuscode: ${status}` }
      if (status < 300 || !location) return { isSuccess: true, output: body }
      const next = new URL(location, url)
      if (next.hostname !== first.hostname)
        return {
          isSuccess: true,
          output: body,
          warning: `Probe terminated redirects, Response body: ${body}`,
        }
      url = next
    }
    return { isSuccess: false, output: `Get "${first}": stopped after ${mostRedirects} redirects` }
  } catch (error) {
    return { isSuccess: false, output: `Get "${first}": ${failureText(error, target)}` }
  }
}

export function urlOf({ scheme = 'HTTP', host, port, path = '/' }: HttpAddress): URL {
  const address = host.includes(':') ? `[${host}]` : host
  const base = `${scheme.toLowerCase()}://${address}:${port}`
  return new URL(path.startsWith('/') ? `${base}${path}` : `${base}/${path}`)
}

function failureText(error: unknown, { host, port }: HttpTarget): string {
  if (isTimeout(error))
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
  if (isDialError(error)) return dialErrorText(host, port, error)
  const text = error instanceof Error ? error.message : String(error)
  return text === 'socket hang up' ? 'EOF' : text
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  readonly location: string | undefined
}

export async function getOnce(url: URL, target: HttpTarget): Promise<HttpAnswer> {
  const { dial, signal, httpHeaders = [], userAgent = 'kube-probe/1.36' } = target
  const isTls = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (isTls ? 443 : 80))
  const plain = await dial(host, port, signal)
  const socket = isTls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain
  const headers: Record<string, string> = {
    'user-agent': userAgent,
    accept: '*/*',
    connection: 'close',
  }
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const path = `${url.pathname}${url.search}`
      const asked = request({ host, port, path, headers, signal, createConnection: () => socket })
      asked.on('error', reject)
      asked.on('response', resolve)
      asked.end()
    })
    const { statusCode: status = 0, headers: answered } = response
    return { status, body: await bodyOf(response), location: answered.location }
  } finally {
    socket.destroy()
    plain.destroy()
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= longestBody) break
  }
  return Buffer.concat(chunks).subarray(0, longestBody).toString()
}
