// hostPort of containers: elements of two maps in the node's namespace, one for ports of every
// address of the node and one for ports of a single one.
// In: a Pod's port mappings. Out: nft commands.

import type { PortMapping } from '../cri/cri.ts'

const table = 'ip sampan_hostports'

/**
 * Run once in a node's namespace, and again by every agent that starts. What comes from
 * loopback or from the Pod itself gets the node's address, or the answer would not come back.
 */
export const hostPortTable: readonly string[] = [
  `add table ${table}`,
  `add map ${table} ports { type inet_proto . inet_service : ipv4_addr . inet_service; }`,
  `add map ${table} addressed { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }`,
  `add set ${table} hairpin { type ipv4_addr . ipv4_addr; }`,
  `add chain ${table} lead`,
  `flush chain ${table} lead`,
  `add rule ${table} lead dnat ip to ip daddr . meta l4proto . th dport map @addressed`,
  `add rule ${table} lead fib daddr type local dnat ip to meta l4proto . th dport map @ports`,
  `add chain ${table} prerouting { type nat hook prerouting priority -102; }`,
  `flush chain ${table} prerouting`,
  `add rule ${table} prerouting jump lead`,
  `add chain ${table} output { type nat hook output priority -102; }`,
  `flush chain ${table} output`,
  `add rule ${table} output jump lead`,
  `add chain ${table} postrouting { type nat hook postrouting priority 98; }`,
  `flush chain ${table} postrouting`,
  `add rule ${table} postrouting ct status dnat ip saddr 127.0.0.0/8 oif != "lo" masquerade`,
  `add rule ${table} postrouting ip saddr . ip daddr @hairpin masquerade`,
]

/** One element a port: which, and what puts it there and takes it away. */
export interface HostPortElement {
  /** Equal for two Pods that ask for the same port. */
  readonly key: string
  readonly add: string
  readonly remove: string
}

export function hostPortElements(
  address: string,
  mappings: readonly PortMapping[],
): readonly HostPortElement[] {
  return mappings.filter(isPublished).map((port) => {
    const map = addressOf(port) ? 'addressed' : 'ports'
    const key = keyOf(port)
    return {
      key,
      add: `add element ${table} ${map} { ${key} : ${address} . ${port.containerPort} }`,
      remove: `delete element ${table} ${map} { ${key} }`,
    }
  })
}

export function addHairpin(address: string): string {
  return `add element ${table} hairpin { ${address} . ${address} }`
}

export function removeHairpin(address: string): string {
  return `delete element ${table} hairpin { ${address} . ${address} }`
}

/** UDP flows that must be forgotten, or they would go on to a Pod that is gone. */
export function udpHostPorts(mappings: readonly PortMapping[]): readonly number[] {
  return mappings
    .filter((port) => isPublished(port) && port.protocol === 'UDP')
    .map((p) => p.hostPort)
}

function isPublished({ hostPort }: PortMapping): boolean {
  return hostPort > 0
}

function keyOf(port: PortMapping): string {
  const rest = `${port.protocol.toLowerCase()} . ${port.hostPort}`
  const address = addressOf(port)
  return address ? `${address} . ${rest}` : rest
}

function addressOf({ hostIp }: PortMapping): string | undefined {
  return hostIp && hostIp !== '0.0.0.0' ? hostIp : undefined
}
