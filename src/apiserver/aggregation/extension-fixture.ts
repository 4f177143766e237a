// An extension API server for tests: a TLS server of its own for wardle.example.com/v1alpha1 that
// believes who a front proxy says is asking, and says it back.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createTestPki } from '../testing/test-pki.ts'

export interface ExtensionServer extends AsyncDisposable {
  readonly port: number
  /** PEM of the CA of its certificate. */
  readonly ca: string
  /** Requests so far: METHOD URL, and for whom. */
  readonly seen: Seen[]
}

export interface Seen {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  /** The common name of the client's certificate, verified against the front proxy's CA. */
  readonly proxy: string | undefined
}

export interface ExtensionOptions {
  /** Whose client certificates are believed. */
  readonly proxyCa: string
  /** Only discovery as it was before aggregated documents, and OpenAPI v2. */
  readonly isOld?: boolean
}

export const wardle = { group: 'wardle.example.com', version: 'v1alpha1' }
const groupVersion = `${wardle.group}/${wardle.version}`
const flunder = 'com.example.wardle.v1alpha1.Flunder'

export async function startExtensionServer(options: ExtensionOptions): Promise<ExtensionServer> {
  const pki = createTestPki(['api.wardle.svc'])
  const seen: Seen[] = []
  const server = createServer(
    { ...pki.server, ca: options.proxyCa, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      seen.push(seenOf(request))
      answer(request, response, options).catch(() => response.destroy())
    },
  )
  server.on('upgrade', (request, socket) => {
    seen.push(seenOf(request))
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: Upgrade\r\n\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    ca: pki.ca,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function seenOf(request: IncomingMessage): Seen {
  const socket = request.socket as TLSSocket
  const { method, url, headers } = request
  const [proxy] = socket.authorized ? [socket.getPeerCertificate().subject.CN].flat() : []
  return { line: `${method} ${url}`, headers, proxy }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { isOld }: ExtensionOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://api.wardle.svc')
  const send = (status: number, value: unknown, type = 'application/json') =>
    response.writeHead(status, { 'content-type': type, etag: '"one"' }).end(JSON.stringify(value))
  if (request.headers['if-none-match'] === '"one"') return void response.writeHead(304).end()
  if (url.searchParams.has('watch')) {
    response.writeHead(200, { 'content-type': 'application/json' })
    return void response.write(`${JSON.stringify({ type: 'ADDED', object: named('first') })}\n`)
  }
  if (url.pathname === '/apis' && !isOld) return void send(200, aggregated, aggregatedType)
  const isNew = url.pathname.startsWith('/openapi/v3')
  const document = isOld && isNew ? undefined : documents[url.pathname]
  if (document) return void send(200, document)
  if (request.method === 'GET' && url.pathname.endsWith('/flunders/missing'))
    return void send(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 })
  if (request.method === 'GET' && url.pathname.endsWith('/flunders')) return void send(200, list)
  if (request.method === 'POST') return void send(201, JSON.parse(await textOf(request)))
  if (request.method === 'DELETE')
    return void send(200, { kind: 'Status', status: 'Success', details: await textOf(request) })
  send(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function named(name: string) {
  return { apiVersion: groupVersion, kind: 'Flunder', metadata: { name, namespace: 'default' } }
}

const list = {
  apiVersion: groupVersion,
  kind: 'FlunderList',
  metadata: { resourceVersion: '7' },
  items: [named('first')],
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const verbs = ['create', 'delete', 'get', 'list', 'watch']
const kind = { ...wardle, kind: 'Flunder' }

const aggregated = {
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [
    {
      metadata: { name: wardle.group },
      versions: [
        {
          version: wardle.version,
          freshness: 'Current',
          resources: [
            {
              resource: 'flunders',
              responseKind: kind,
              scope: 'Namespaced',
              singularResource: 'flunder',
              verbs,
            },
          ],
        },
      ],
    },
  ],
}

const path = `/apis/${groupVersion}`

const documents: Readonly<Record<string, object>> = {
  [path]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [
      { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs },
      {
        name: 'flunders/status',
        singularName: '',
        namespaced: true,
        kind: 'Flunder',
        verbs: ['get'],
      },
    ],
  },
  '/openapi/v2': {
    swagger: '2.0',
    info: { title: 'wardle', version: '1' },
    paths: {
      '/apis/': { get: { responses: {} } },
      [`${path}/flunders`]: {
        get: { responses: { 200: { schema: { $ref: `#/definitions/${flunder}` } } } },
      },
    },
    definitions: {
      [flunder]: {
        type: 'object',
        properties: { metadata: { $ref: '#/definitions/io.k8s.Meta' } },
      },
      'io.k8s.Meta': { type: 'object' },
      unused: { type: 'object' },
    },
  },
  '/openapi/v3': {
    paths: {
      [path.slice(1)]: { serverRelativeURL: `/openapi/v3${path}?hash=AB` },
      version: { serverRelativeURL: '/openapi/v3/version?hash=CD' },
    },
  },
  [`/openapi/v3${path}`]: { openapi: '3.0.0', info: { title: 'wardle' } },
}
