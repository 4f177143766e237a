// grpc.health.v1.Health/Check over HTTP/2 without TLS. Messages:
//   request   5 bytes (0, length as uint32 BE), then field 1 (service) as a string
//   response  5 bytes, then field 1 (status) as a varint: 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, ...

import { connect } from 'node:http2'
import type { DialPod } from './dial.ts'
import type { ProbeResult } from './outcome.ts'

export interface GrpcTarget {
  readonly host: string
  readonly port: number
  readonly service?: string
  readonly timeoutSeconds: number
  readonly dial: DialPod
  readonly signal: AbortSignal
}

const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

export async function probeGrpc(target: GrpcTarget): Promise<ProbeResult> {
  const { host, port, service = '', timeoutSeconds, dial, signal } = target
  try {
    const socket = await dial(host, port, signal)
    const status = await check(`http://${host}:${port}`, socket, { service, signal })
    const name = statusNames[status] ?? String(status)
    return name === 'SERVING'
      ? { isSuccess: true, output: 'service healthy' }
      : { isSuccess: false, output: `service unhealthy (responded with "${name}")` }
  } catch (error) {
    if (error instanceof GrpcRefusal)
      return {
        isSuccess: false,
        output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.message}`,
      }
    return {
      isSuccess: false,
      output: `timeout: failed to connect service "${host}:${port}" within ${timeoutSeconds}s: context deadline exceeded`,
    }
  }
}

class GrpcRefusal extends Error {}

function check(
  origin: string,
  socket: Awaited<ReturnType<DialPod>>,
  { service, signal }: { readonly service: string; readonly signal: AbortSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(origin, { createConnection: () => socket })
    const end = () => session.destroy()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    session.on('error', reject)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.36',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let refusal: string | undefined
    const see = (headers: Readonly<Record<string, unknown>>) => {
      const code = headers['grpc-status']
      if (code !== undefined && code !== '0') refusal = String(headers['grpc-message'] ?? code)
    }
    stream.on('response', see)
    stream.on('trailers', see)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      end()
      if (refusal !== undefined) reject(new GrpcRefusal(refusal))
      else resolve(decodeStatus(Buffer.concat(chunks)))
    })
    stream.end(encodeRequest(service))
  })
}

export function encodeRequest(service: string): Uint8Array {
  const name = Buffer.from(service)
  const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : name
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The enum's value; UNKNOWN, which is never written, where there is no field. */
export function decodeStatus(bytes: Uint8Array): number {
  return bytes[5] === 0x08 ? (bytes[6] ?? 0) : 0
}
