// A whole API server on 127.0.0.1 for tests, and ways to ask it.

import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { silentLog } from '../../lib/log.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from '../server.ts'
import { mapRegistry } from './map-registry.ts'
import { createTestPki, type KeyPair, serviceAccountKey, type TestPki } from './test-pki.ts'

export interface TestServer extends AsyncDisposable {
  readonly server: ApiServer
  readonly pki: TestPki
  readonly url: string
  readonly port: number
  ask(path: string, options?: AskOptions): Promise<Answer>
}

export interface AskOptions {
  readonly method?: string
  readonly client?: KeyPair
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  json<T = Record<string, unknown>>(): T
}

export const cluster = {
  serverAddress: '172.18.0.1',
  serverPort: 6443,
  serviceSubnet: '10.96.0.0/16',
  podSubnet: '10.244.0.0/16',
  domain: 'cluster.local',
  clusterName: 'test',
}

export async function startTestServer({
  pki = createTestPki(),
  ...options
}: Partial<ApiServerOptions> & { pki?: TestPki } = {}): Promise<TestServer> {
  const issuer = 'https://kubernetes.default.svc.cluster.local'
  const server = await startApiServer({
    registry: mapRegistry(),
    tls: { ...pki.server, clientCa: pki.ca },
    serviceAccounts: { issuer, privateKey: serviceAccountKey() },
    cluster,
    log: silentLog,
    listen: [{ address: '127.0.0.1', port: 0 }],
    ...options,
  })
  const port = (server.addresses[0] as AddressInfo).port
  const agent = new Agent({ ca: pki.ca })
  return {
    server,
    pki,
    port,
    url: `https://127.0.0.1:${port}`,
    ask: (path, asked = {}) =>
      send(path, { ...asked, port, agent: asked.client ? undefined : agent, ca: pki.ca }),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await server.close()
    },
  }
}

interface Sent extends AskOptions {
  readonly port: number
  readonly agent: Agent | undefined
  readonly ca: string
}

function send(path: string, { port, agent, ca, client, body, ...options }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        ca,
        ...(agent ? { agent } : { agent: false }),
        ...client,
        ...options,
      },
      (message) => {
        const chunks: Uint8Array[] = []
        message.on('data', (chunk) => chunks.push(chunk))
        message.on('error', reject)
        message.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const { statusCode = 0, headers } = message
          resolve({ status: statusCode, headers, text, json: () => JSON.parse(text) })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
