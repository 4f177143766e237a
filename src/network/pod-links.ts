// How a Pod is connected: a routed veth, each end knowing the other's hardware address.
// In: a Pod's address and its node. Out: the ip commands for both ends; nothing is asked by ARP.

import { createHash } from 'node:crypto'

/** The Pod's default gateway: no interface has it, the static neighbour entry is all it takes. */
export const gateway = '169.254.1.1'
const nodeEndMac = 'ee:ee:ee:ee:ee:ee'

export interface PodLink {
  readonly sandboxId: string
  readonly address: string
  readonly mtu: number
  readonly node: { readonly name: string; readonly address: string }
}

/** Run in the Pod's namespace; the other end is made in the node's at once. */
export function podEndCommands({ sandboxId, address, mtu, node }: PodLink): readonly string[] {
  const peer = `peer name ${linkName(sandboxId)} address ${nodeEndMac} mtu ${mtu} netns ${node.name}`
  return [
    'link set lo up',
    `link add name eth0 address ${podMac(address)} mtu ${mtu} type veth ${peer}`,
    'link set dev eth0 up',
    `addr add ${address}/32 dev eth0`,
    `neigh replace ${gateway} lladdr ${nodeEndMac} dev eth0 nud permanent`,
    `route replace ${gateway} dev eth0 scope link`,
    `route replace default via ${gateway} dev eth0`,
  ]
}

/** Run in the node's namespace. */
export function nodeEndCommands({ sandboxId, address, node }: PodLink): readonly string[] {
  const link = linkName(sandboxId)
  return [
    `link set dev ${link} up`,
    `neigh replace ${address} lladdr ${podMac(address)} dev ${link} nud permanent`,
    `route replace ${address}/32 dev ${link} scope link src ${node.address}`,
  ]
}

/** Taking one end away takes the other, its routes and its neighbours. */
export function removeLinkCommands(sandboxId: string): readonly string[] {
  return [`link del dev ${linkName(sandboxId)}`]
}

/** At most 15 characters; the same for the same sandbox at any time. */
export function linkName(sandboxId: string): string {
  return `veth${createHash('sha256').update(sandboxId).digest('hex').slice(0, 8)}`
}

/** A locally administered hardware address that says which IPv4 address it belongs to. */
export function podMac(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return ['0a', '58', ...bytes].join(':')
}
