// The way out of the cluster, for every Pod and node: what goes to an address outside ends at
// this process, which has the porter dial that address from the host.
// In: packets that nothing else in the fabric has a route for. Out: connections of the host.
//
// A local route makes every foreign address the fabric's own, so a listener sees in its own
// address where the caller wanted to go. Only the port has to be redirected, and what it was is
// remembered by a map of the rules; ports that are used all the time have listeners of their own.
// DNS by UDP goes to the cluster's server. Other UDP and ICMP are refused: there is no way out.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Ip } from '../host/ip.ts'
import type { Nft } from '../host/nft.ts'
import type { Porter } from '../host/porter.ts'
import type { Log } from '../lib/log.ts'
import { join } from './relay.ts'

export interface EgressOptions {
  readonly porter: Pick<Porter, 'connect'>
  /** Drivers for the fabric's own namespace, in which this process is. */
  readonly nft: Nft
  readonly ip: Ip
  /** 172.18.0.1 */
  readonly address: string
  /** Addresses of Pods, Services and nodes: what is not outside. */
  readonly inside: readonly string[]
  readonly signal: AbortSignal
  readonly log: Log
}

const table = 'ip sampan_egress'
const firstListener = 15_000
const commonPorts = [443, 80] as const
/** Connections through one listener. */
const mostConnections = 4096

/** Never outside, whatever the cluster: this host, link-local, multicast, reserved. */
const neverOutside = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']

/** Resolves when the way out is open. It closes with the signal. */
export async function startEgress(options: EgressOptions): Promise<void> {
  const { nft, ip, address, inside, signal } = options
  const listeners = [undefined, ...commonPorts].map((port, index) => ({
    ...(port !== undefined && { port }),
    listener: firstListener + index,
  }))
  const servers = await Promise.all(
    listeners.map(({ port, listener }) =>
      listen(listener, (socket) => carry(options, socket, port)),
    ),
  )
  signal.addEventListener('abort', () => {
    for (const server of servers) server.close()
  })
  await nft.run(egressRules({ address, inside, listeners }))
  await ip.run([`route replace local default dev lo src ${address}`])
}

export interface EgressListener {
  readonly listener: number
  /** Undefined: for all ports that have no listener of their own. */
  readonly port?: number
}

export function egressRules(options: {
  readonly address: string
  readonly inside: readonly string[]
  readonly listeners: readonly EgressListener[]
}): readonly string[] {
  const { address, inside, listeners } = options
  const flow = 'ip saddr . tcp sport . ip daddr'
  const other = listeners.find(({ port }) => port === undefined)?.listener
  const rule = (chain: string, text: string) => `add rule ${table} ${chain} ${text}`
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} inside { type ipv4_addr; flags interval; elements = { ${[...inside, ...neverOutside].join(', ')} }; }`,
    `add map ${table} ports { type ipv4_addr . inet_service . ipv4_addr : inet_service; flags dynamic,timeout; timeout 60s; size 65535; }`,
    `add chain ${table} divert`,
    rule('divert', 'ip daddr @inside return'),
    rule('divert', `udp dport 53 dnat to ${address}`),
    ...listeners.flatMap(({ port, listener }) =>
      port === undefined ? [] : [rule('divert', `tcp dport ${port} dnat to :${listener}`)],
    ),
    // An update leaves the value of an element as it is, hence the deletion before it.
    rule('divert', `meta l4proto tcp delete @ports { ${flow} : tcp dport }`),
    rule('divert', `meta l4proto tcp update @ports { ${flow} : tcp dport }`),
    rule('divert', `meta l4proto tcp dnat to :${other}`),
    `add chain ${table} prerouting { type nat hook prerouting priority -90; }`,
    rule('prerouting', 'iifname "br0" jump divert'),
    `add chain ${table} output { type nat hook output priority -90; }`,
    rule('output', 'jump divert'),
    `add chain ${table} input { type filter hook input priority 0; }`,
    rule('input', 'iifname "br0" ct state new ip daddr != @inside meta l4proto != tcp reject'),
  ]
}

function listen(port: number, handle: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, handle)
  server.maxConnections = mostConnections
  return once(server.listen({ port, host: '0.0.0.0', backlog: 1024 }), 'listening').then(
    () => server,
  )
}

/** The caller believes to be connected by now; what fails after that is a reset. */
async function carry(
  options: EgressOptions,
  near: Socket,
  port: number | undefined,
): Promise<void> {
  near.on('error', () => near.destroy())
  const { localAddress, remoteAddress, remotePort } = near
  try {
    if (localAddress === undefined || localAddress === options.address)
      throw new Error('not an address outside')
    const flow = `${remoteAddress} . ${remotePort} . ${localAddress}`
    const wanted = port ?? (await originalPort(options.nft, flow))
    join(near, await options.porter.connect(localAddress, wanted))
  } catch (error) {
    options.log.info('a connection to the outside failed', { to: localAddress, port, error })
    near.resetAndDestroy()
  }
}

async function originalPort(nft: Nft, flow: string): Promise<number> {
  const element = await nft.getElement(`${table} ports`, flow)
  const port = / : (\d+) \}/.exec(element)?.[1]
  if (port === undefined) throw new Error('the port that was wanted is not known')
  return Number(port)
}
