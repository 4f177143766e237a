// exec, attach and port-forward: the request becomes a stream, WebSocket or SPDY/3.1 as the client
// speaks, and is served until it ends. The API server passes these bytes on as they are.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { channelProtocols, tunnelProtocol } from '../../wire/remotecommand.ts'
import type { Kubelet } from '../kubelet.ts'
import { specContainer } from '../pod/spec.ts'
import { HttpError } from './http-error.ts'
import { type PodPath, podOf, runningContainer, sandboxId } from './pods.ts'
import {
  type ForwardTarget,
  forwardOverChannels,
  forwardOverSpdy,
  portForwardProtocol,
  tunnel,
} from './port-forward.ts'
import { streamRequest } from './remote-command.ts'
import { matchPath } from './routes.ts'
import { type CommandTarget, runRemoteCommand } from './run-command.ts'
import { spdyProtocols, spdyStreams } from './spdy-streams.ts'
import { webSocketStreams } from './websocket-streams.ts'

type Service = 'exec' | 'attach' | 'portForward'

const routes: readonly (readonly [pattern: string, service: Service])[] = [
  ['exec/{namespace}/{pod}/{container}', 'exec'],
  ['exec/{namespace}/{pod}/{uid}/{container}', 'exec'],
  ['attach/{namespace}/{pod}/{container}', 'attach'],
  ['attach/{namespace}/{pod}/{uid}/{container}', 'attach'],
  ['portForward/{namespace}/{pod}', 'portForward'],
  ['portForward/{namespace}/{pod}/{uid}', 'portForward'],
]

export interface UpgradeRequest {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Rejects with HttpError while the client can still be answered in HTTP. */
export async function serveUpgrade(kubelet: Kubelet, upgrade: UpgradeRequest): Promise<void> {
  const url = new URL(upgrade.request.url ?? '/', 'http://kubelet')
  for (const [pattern, service] of routes) {
    const path = matchPath(pattern, url.pathname)
    if (!path) continue
    if (service === 'portForward') return servePortForward(kubelet, path, { ...upgrade, url })
    return serveCommand(kubelet, { service, path, url }, upgrade)
  }
  throw new HttpError(404, '404 page not found\n')
}

async function serveCommand(
  kubelet: Kubelet,
  asked: { readonly service: 'exec' | 'attach'; readonly path: PodPath; readonly url: URL },
  upgrade: UpgradeRequest,
): Promise<void> {
  const { service, path, url } = asked
  const { id } = await runningContainer(kubelet, path)
  const wanted = streamRequest(url.searchParams)
  const isAttach = service === 'attach'
  const container = specContainer(podOf(kubelet, path), path.container ?? '')?.container
  const tty = isAttach ? (container?.tty ?? false) : wanted.tty
  const streams = { ...wanted, tty, stderr: wanted.stderr && !tty }
  const command = url.searchParams.getAll('command')
  const { runtime } = kubelet.context
  const target: CommandTarget = { runtime, containerId: id, tty, ...(!isAttach && { command }) }
  if (isWebSocket(upgrade.request)) {
    const accepted = await acceptWebSocket(upgrade, channelProtocols)
    return runRemoteCommand(target, webSocketStreams(accepted, streams))
  }
  const protocol = acceptSpdy(upgrade, spdyProtocols)
  return runRemoteCommand(target, await spdyStreams(upgrade.socket, protocol, streams))
}

async function servePortForward(
  kubelet: Kubelet,
  path: PodPath,
  upgrade: UpgradeRequest & { readonly url: URL },
): Promise<void> {
  const id = await sandboxId(kubelet, path)
  const { namespace, pod } = path
  const target: ForwardTarget = {
    pod: `${pod}_${namespace}`,
    dial: (port) => kubelet.context.runtime.portForward(id, port),
  }
  if (!isWebSocket(upgrade.request)) {
    acceptSpdy(upgrade, [portForwardProtocol])
    return forwardOverSpdy(upgrade.socket, target)
  }
  const accepted = await acceptWebSocket(upgrade, [tunnelProtocol, ...channelProtocols])
  if (accepted.protocol === tunnelProtocol) return forwardOverSpdy(tunnel(accepted.socket), target)
  const ports = upgrade.url.searchParams
    .getAll('port')
    .concat(upgrade.url.searchParams.getAll('ports'))
    .flatMap((list) => list.split(','))
    .map(Number)
  return forwardOverChannels(accepted, ports, target)
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').toLowerCase() === 'websocket'
}

interface Accepted {
  readonly socket: WebSocket
  readonly protocol: string
}

/** The protocol is settled here: ws would not let a name pass that holds a slash. */
function acceptWebSocket(
  { request, socket, head }: UpgradeRequest,
  known: readonly string[],
): Promise<Accepted> {
  const offered = listed(request.headers['sec-websocket-protocol'])
  const protocol = chosen(offered, known)
  if (offered.length > 0 && !protocol)
    throw new HttpError(400, `unable to upgrade: none of ${offered.join(', ')} is supported`)
  delete request.headers['sec-websocket-protocol']
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
  })
  if (protocol)
    server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (accepted) =>
      // Without a name it is the first protocol there was.
      resolve({ socket: accepted, protocol: protocol ?? 'channel.k8s.io' }),
    )
  })
}

/** Answers 101 with the best protocol that both know. */
function acceptSpdy({ request, socket, head }: UpgradeRequest, known: readonly string[]): string {
  const { upgrade = '' } = request.headers
  if (!upgrade.toLowerCase().startsWith('spdy/3.1'))
    throw new HttpError(400, `unable to upgrade: missing upgrade headers in request: ${upgrade}`)
  const offered =
    request.headersDistinct['x-stream-protocol-version']?.flatMap((it) => listed(it)) ?? []
  // A client that offers none speaks the oldest.
  const oldest = known.at(-1) ?? ''
  const protocol = offered.length === 0 ? oldest : chosen(offered, known)
  if (!protocol)
    throw new HttpError(
      403,
      `unable to negotiate protocol: client supports ${offered.join(', ')}, server accepts ${known.join(', ')}`,
    )
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  )
  if (head.length > 0) socket.unshift(head)
  return protocol
}

function chosen(offered: readonly string[], known: readonly string[]): string | undefined {
  return known.find((protocol) => offered.includes(protocol))
}

function listed(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '')
}
