// Requests as they are written down: method, path, headers, body. For tests that speak the protocol
// themselves, as the administrator of a kubeconfig.

import { Agent, request } from 'node:https'

export interface RawOptions {
  readonly body?: object | string
  readonly type?: string
  readonly accept?: string
}

export interface RawAnswer {
  readonly status: number
  readonly type: string
  readonly bytes: Buffer
  readonly json: ReturnType<typeof JSON.parse>
}

export interface RawClient extends Disposable {
  /** `line` is METHOD PATH. */
  ask(line: string, options?: RawOptions): Promise<RawAnswer>
}

interface Config {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[]
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

export function rawClient(kubeconfig: string): RawClient {
  const config: Config = JSON.parse(kubeconfig)
  const { cluster = {} } = config.clusters[0] ?? {}
  const { user = {} } = config.users[0] ?? {}
  const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64')
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  })
  return {
    ask(line, { body, type = 'application/json', accept = 'application/json' } = {}) {
      const [method = '', path = ''] = line.split(' ')
      const text = typeof body === 'object' ? JSON.stringify(body) : body
      // Node frames a DELETE's body only where it is told how long it is.
      const length = Buffer.byteLength(text ?? '')
      const headers = { accept, ...(text && { 'content-type': type, 'content-length': length }) }
      return new Promise((resolve, reject) => {
        const url = `${cluster['server']}${path}`
        const outgoing = request(url, { agent, method, headers }, (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const bytes = Buffer.concat(chunks)
            const sent = incoming.headers['content-type'] ?? ''
            const json = sent.startsWith('application/json') ? JSON.parse(bytes.toString()) : {}
            resolve({ status: incoming.statusCode ?? 0, type: sent, bytes, json })
          })
        })
        outgoing.on('error', reject)
        outgoing.end(text)
      })
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}
