// The service proxy: keeps the rules of one or several namespaces at what Services ask for.
// In: Services, EndpointSlices and Nodes from informers. Out: nft transactions and the deletion
// of UDP flows. All namespaces share the informers and this one loop.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Informers } from '../client/informer.ts'
import type { Want } from '../client/informers.ts'
import type { Conntrack } from '../host/conntrack.ts'
import type { Nft } from '../host/nft.ts'
import { parseCidr } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import type { NodeView } from './endpoints.ts'
import { createFarewells } from './farewells.ts'
import { planService } from './fronts.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { readTable } from './read-table.ts'
import { layoutName, table, tableCommands } from './ruleset.ts'
import { createServiceIndex } from './service-index.ts'

export interface ProxiedNamespace {
  /** The node's name and podCIDR; absent for the fabric's namespace, which is no node's. */
  readonly node?: { readonly name: string; readonly podCidr: string }
  readonly nft: Nft
  readonly conntrack: Conntrack
}

export interface ProxyOptions {
  /** Must want the kinds of proxyWants. */
  readonly informers: Informers
  readonly namespaces: readonly ProxiedNamespace[]
  readonly podSubnet: string
  readonly serviceSubnet?: string
  readonly signal: AbortSignal
  readonly log: Log
}

export interface Proxy {
  /** Resolves once every namespace has the rules of all Services that the informers listed. */
  readonly ready: Promise<void>
  /** Resolves when the signal has aborted and the work under way is done. */
  readonly ended: Promise<void>
  /** Resolves when in no namespace new connections to Services are sent to the Pod's address. */
  left(address: string): Promise<void>
}

export const proxyWants: readonly Want[] = [
  { kind: 'Service' },
  { kind: 'EndpointSlice' },
  { kind: 'Node' },
]

/** Larger transactions fail in user namespaces: the netlink socket takes no more. */
const servicesPerTransaction = 500
const elementsPerTransaction = 2500
/** Changes that come together make one transaction. */
const gatherMs = 5
const firstRetryMs = 500
const lastRetryMs = 30_000

interface Side extends ProxiedNamespace {
  readonly ledger: Ledger
  /** The rules must be made anew: nothing is known of those in force. */
  isStale: boolean
  /** Whether it was looked up what an earlier agent has left. */
  isRead: boolean
}

export function startProxy(options: ProxyOptions): Proxy {
  const { informers, namespaces, signal, log, podSubnet, serviceSubnet } = options
  const tableOptions = { podSubnet, ...(serviceSubnet !== undefined && { serviceSubnet }) }
  const index = createServiceIndex(informers, signal)
  let isFlushing = false
  const farewells = createFarewells({
    leadsTo: index.leadsTo,
    isBehind: () => isFlushing || index.hasChanges,
  })
  const sides = namespaces.map(
    (one): Side => ({ ...one, ledger: createLedger(), isStale: true, isRead: false }),
  )
  let announceReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    announceReady = resolve
  })
  return { ready, ended: work(), left: farewells.left }

  async function work(): Promise<void> {
    await informers.synced(signal).catch(() => undefined)
    index.start()
    let retryMs = firstRetryMs
    while (!signal.aborted) {
      try {
        await flush()
        announceReady()
        farewells.settle()
        retryMs = firstRetryMs
        await index.changed()
        await sleep(gatherMs)
      } catch (error) {
        log.error('service rules could not be changed; all will be made anew', { error, retryMs })
        await sleep(retryMs, undefined, { signal }).catch(() => undefined)
        retryMs = Math.min(retryMs * 2, lastRetryMs)
      }
    }
  }

  async function flush(): Promise<void> {
    isFlushing = true
    do {
      const services = index.take(servicesPerTransaction)
      for (const service of services) replace(service)
      await Promise.all(sides.filter(({ isStale }) => !isStale).map(update))
    } while (index.hasChanges)
    await Promise.all(sides.filter(({ isStale }) => isStale).map(rebuild))
    isFlushing = false
  }

  function replace(key: string): void {
    const service = index.service(key)
    const slices = index.slices(key)
    for (const { ledger, node } of sides) {
      const podRange = node && parseCidr(node.podCidr)
      const fronts = { hasNodePorts: node !== undefined, ...(podRange && { podRange }) }
      const plan = service && planService({ service, slices, node: viewOf(node?.name) }, fronts)
      ledger.replace(key, plan)
    }
  }

  function viewOf(name: string | undefined): NodeView {
    if (name === undefined) return {}
    const zone = index.zone(name)
    return zone === undefined ? { name } : { name, zone }
  }

  async function update(side: Side): Promise<void> {
    const { commands, flows } = side.ledger.take()
    try {
      await side.nft.run(commands)
    } catch (error) {
      side.isStale = true
      throw error
    }
    await side.conntrack.deleteUdp(flows)
  }

  /** Goes on from the rules that are there, where they are these and most of them are right. */
  async function resume(side: Side): Promise<boolean> {
    const listed = await side.nft.list(`table ${table}`).catch(() => undefined)
    const found = readTable(listed, layoutName(tableOptions))
    if (!found || side.ledger.adopt(found) > elementsPerTransaction) return false
    side.isStale = false
    await update(side)
    return true
  }

  /** The old rules go in the transaction that brings the first of the new ones. */
  async function rebuild(side: Side): Promise<void> {
    const isFirst = !side.isRead
    side.isRead = true
    if (isFirst && (await resume(side))) return
    const [first, ...others] = side.ledger.takeAll(elementsPerTransaction)
    await side.nft.run([...tableCommands(tableOptions), ...(first?.commands ?? [])])
    for (const { commands } of others) await side.nft.run(commands)
    side.isStale = false
    // At first all Services are new to this process, and no flow is known to be wrong.
    if (!isFirst) await side.conntrack.deleteUdp(first?.flows ?? [])
  }
}
