// Keeps the host's ports open that lead into the cluster, while what they lead to is there.
// In: ports asked for and Services. Out: sockets of the porter, and events where the host refuses.

import type { Socket as UdpSocket } from 'node:dgram'
import type { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informer.ts'
import type { Want } from '../client/informers.ts'
import type { Porter } from '../host/porter.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import {
  type AskedPort,
  type Publication,
  type PublishedNode,
  planPublications,
  publicationKey,
} from './publish-plan.ts'
import { type Goal, relayTcp, relayUdp } from './relay.ts'

export interface PublishOptions {
  readonly porter: Porter
  /** Must want the kinds of publishWants. */
  readonly informers: Informers
  readonly nodes: readonly PublishedNode[]
  /** Ports to open from the start. */
  readonly ports: readonly AskedPort[]
  /** Told on a Service when its node port cannot be opened on the host. */
  readonly events: EventRecorder
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Log
}

export interface PortPublisher {
  /** Resolves when each port was opened or refused once. */
  readonly ready: Promise<void>
  /** Resolves when the signal has aborted and every port is closed. */
  readonly ended: Promise<void>
  /** The ports asked for that are open. */
  list(): readonly AskedPort[]
  /** Resolves with the port as opened; rejects with the host's error and is then forgotten. */
  add(port: AskedPort): Promise<AskedPort>
  remove(listenAddress: string, hostPort: number): Promise<void>
}

export const publishWants: readonly Want[] = [{ kind: 'Service' }, { kind: 'EndpointSlice' }]

const gatherMs = 10
const firstRetryMs = 1000
const lastRetryMs = 30_000

/** An open port. Where it leads may change while it is open. */
interface Opened {
  publication: Publication
  turn: number
  close(): void
}

export function publishPorts(options: PublishOptions): PortPublisher {
  const { porter, informers, nodes, events, clock, signal, log } = options
  const asked = new Map(options.ports.map((port) => [publicationKey(port), port]))
  const opened = new Map<string, Opened>()
  const retries = new Map<string, { readonly atMs: number; readonly delayMs: number }>()
  let wake: () => void = () => {}
  let isChanged = true
  let announceReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    announceReady = resolve
  })

  const change = () => {
    isChanged = true
    wake()
  }
  informers.onChange('Service', change)
  informers.onChange('EndpointSlice', ({ current, previous }) => {
    // Only the policy Local makes a difference of endpoints.
    const name = (current ?? previous)?.metadata.labels?.['kubernetes.io/service-name']
    const namespace = (current ?? previous)?.metadata.namespace
    if (name === undefined || namespace === undefined) return
    const service = informers.listers.Service.get({ namespace, name })
    if (service?.spec?.externalTrafficPolicy === 'Local') change()
  })
  signal.addEventListener('abort', () => wake())
  return { ready, ended: work(), list, add, remove }

  async function work(): Promise<void> {
    await informers.synced(signal).catch(() => undefined)
    while (!signal.aborted) {
      isChanged = false
      await reconcile()
      announceReady()
      await pause()
      await sleep(gatherMs)
    }
    for (const one of opened.values()) one.close()
    opened.clear()
  }

  /** Until something changes, or a port is due to be tried again. */
  function pause(): Promise<void> {
    const nowMs = clock.now().getTime()
    const due = Math.min(...[...retries.values()].map(({ atMs }) => atMs)) - nowMs
    return new Promise((resolve) => {
      if (isChanged || signal.aborted) return resolve()
      const timer = Number.isFinite(due) ? setTimeout(resolve, Math.max(0, due)) : undefined
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function reconcile(): Promise<void> {
    const wanted = planPublications({
      asked: [...asked.values()],
      services: informers.listers.Service.list(),
      nodes,
      slicesOf: ({ metadata }) =>
        informers.listers.EndpointSlice.matching(metadata.namespace ?? '', {
          matchLabels: { 'kubernetes.io/service-name': metadata.name ?? '' },
        }),
    })
    for (const [key, one] of opened) {
      const publication = wanted.get(key)
      if (publication) one.publication = publication
      else {
        one.close()
        opened.delete(key)
      }
    }
    for (const key of [...retries.keys()]) if (!wanted.has(key)) retries.delete(key)
    const missing = [...wanted].filter(([key]) => !opened.has(key) && isDue(key))
    await Promise.all(missing.map(([key, publication]) => tryOpening(key, publication)))
  }

  function isDue(key: string): boolean {
    return (retries.get(key)?.atMs ?? 0) <= clock.now().getTime()
  }

  async function tryOpening(key: string, publication: Publication): Promise<void> {
    try {
      opened.set(key, await openPort(publication))
      retries.delete(key)
    } catch (error) {
      const { delayMs = firstRetryMs / 2 } = retries.get(key) ?? {}
      if (!retries.has(key)) complain(publication, error)
      const nextMs = Math.min(delayMs * 2, lastRetryMs)
      retries.set(key, { atMs: clock.now().getTime() + nextMs, delayMs: nextMs })
    }
  }

  function complain({ listenAddress, hostPort, service }: Publication, error: unknown): void {
    const place = `${listenAddress}:${hostPort}`
    const message = `${place} cannot be opened on the host: ${reasonOf(error)}; it is tried again`
    log.warn(message)
    if (service) events.record(service, 'Warning', 'ListenPortFailed', message)
  }

  async function openPort(publication: Publication): Promise<Opened> {
    const { protocol, listenAddress, hostPort } = publication
    const socket: Server | UdpSocket =
      protocol === 'TCP'
        ? await porter.listen(listenAddress, hostPort)
        : await porter.bindUdp(listenAddress, hostPort)
    const one: Opened = { publication, turn: 0, close: () => socket.close() }
    if ('listening' in socket) relayTcp(socket, () => goalOf(one))
    else relayUdp(socket, () => goalOf(one))
    return one
  }

  function list(): readonly AskedPort[] {
    return [...asked].flatMap(([key, port]) => (opened.has(key) ? [port] : []))
  }

  async function add(port: AskedPort): Promise<AskedPort> {
    const view = { asked: [port], services: [], slicesOf: () => [], nodes }
    const [publication] = planPublications(view).values()
    if (!publication) throw new Error(`${port.protocol} port of node ${port.node}: no such thing`)
    // The port may be open already as a node port, which then leads elsewhere.
    opened.get(publicationKey(port))?.close()
    opened.delete(publicationKey(port))
    const { socketPort, one } = await openChosen(publication)
    const actual = { ...port, hostPort: socketPort }
    const key = publicationKey(actual)
    asked.set(key, actual)
    opened.set(key, one)
    return actual
  }

  /** Where the host may choose the port, it is chosen by asking for one and opening that. */
  async function openChosen(
    publication: Publication,
  ): Promise<{ readonly socketPort: number; readonly one: Opened }> {
    if (publication.hostPort !== 0)
      return { socketPort: publication.hostPort, one: await openPort(publication) }
    const probe = await porter.listen(publication.listenAddress, 0)
    const address = probe.address()
    const hostPort = address !== null && typeof address === 'object' ? address.port : 0
    await new Promise((resolve) => probe.close(resolve))
    return { socketPort: hostPort, one: await openPort({ ...publication, hostPort }) }
  }

  async function remove(listenAddress: string, hostPort: number): Promise<void> {
    for (const [key, port] of asked) {
      if (port.listenAddress !== listenAddress || port.hostPort !== hostPort) continue
      asked.delete(key)
      opened.get(key)?.close()
      opened.delete(key)
    }
    change()
  }
}

/** The nodes take turns. */
function goalOf(one: Opened): Goal {
  const { targetAddresses, targetPort } = one.publication
  const address = targetAddresses[one.turn++ % targetAddresses.length] ?? ''
  return { address, port: targetPort }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another program uses the port'
  if (code === 'EACCES') return 'ports below 1024 need root on this machine'
  if (code === 'EADDRNOTAVAIL') return 'the host has no such address'
  return error instanceof Error ? error.message : String(error)
}
