// The Pod network of one node: gives sandboxes their address, link and host ports.
// In: sandboxes from the runtime. Out: leases in a folder, links by ip, host ports by nft.

import type { PodNetwork, SandboxNetwork } from '../cri/pod-network.ts'
import { type RunCommand, runCommand } from '../host/command.ts'
import { runIpOnce } from '../host/ip.ts'
import type { NetworkNamespace } from '../host/network-namespace.ts'
import {
  addHairpin,
  hostPortElements,
  hostPortTable,
  removeHairpin,
  udpHostPorts,
} from './host-ports.ts'
import { type Lease, openIpam } from './ipam.ts'
import { nodeEndCommands, podEndCommands, removeLinkCommands } from './pod-links.ts'

export interface PodNetworkOptions {
  readonly node: { readonly name: string; readonly address: string; readonly podCidr: string }
  /** Drivers for the node's namespace; the caller closes them. */
  readonly namespace: NetworkNamespace
  /**
   * Where leases are kept. It must live as long as the node's namespace: on the fabric's /run
   * they outlive the agent, and a fabric made anew starts with none.
   */
  readonly folder: string
  readonly run?: RunCommand
  readonly mtu?: number
}

export async function startPodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const { node, namespace, folder, run = runCommand, mtu = 1500 } = options
  const { ip, nft, conntrack } = namespace
  const ipam = await openIpam(folder, node.podCidr)
  let hasHostPorts = false

  async function add(sandbox: SandboxNetwork): Promise<{ readonly ips: readonly string[] }> {
    const { sandboxId, netnsPath, portMappings } = sandbox
    const lease = await ipam.acquire(sandboxId, portMappings)
    const link = { sandboxId, address: lease.address, mtu, node }
    const enter = ['nsenter', `--net=${netnsPath}`]
    await runIpOnce(run, { enter, commands: podEndCommands(link), tolerate: ['exists'] })
    await ip.run(nodeEndCommands(link))
    await publish(lease)
    return { ips: [lease.address] }
  }

  async function publish({ address, portMappings }: Lease): Promise<void> {
    const elements = hostPortElements(address, portMappings)
    if (elements.length === 0) return
    if (!hasHostPorts) await nft.run(hostPortTable)
    hasHostPorts = true
    for (const element of elements) {
      // The port may still be that of a Pod that is ending.
      await nft.run([element.add]).catch(() => nft.run([element.remove, element.add]))
    }
    await nft.run([addHairpin(address)])
  }

  async function unpublish({ address, portMappings }: Lease): Promise<void> {
    const elements = hostPortElements(address, portMappings)
    if (elements.length === 0) return
    for (const element of elements) {
      // Only a port that still leads to this address can be added as it is; then it is taken away.
      await nft.run([element.add, element.remove]).catch(() => undefined)
    }
    await nft.run([removeHairpin(address)]).catch(() => undefined)
    const ports = udpHostPorts(portMappings)
    await conntrack.deleteUdp(ports.map((port) => ({ port, target: address })))
  }

  async function remove({ sandboxId }: SandboxNetwork): Promise<void> {
    await ip.run(removeLinkCommands(sandboxId), ['missing'])
    const lease = await ipam.release(sandboxId)
    if (lease) await unpublish(lease)
  }

  return { add, remove, ready: () => ({ ready: true, message: '' }) }
}
