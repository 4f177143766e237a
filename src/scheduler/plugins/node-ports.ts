// Keeps two Pods from asking for the same port of a node.

import type { Pod } from '../../api/types.gen.ts'
import { type FilterPlugin, rejected } from '../plugin.ts'

const everyAddress = '0.0.0.0'

interface HostPort {
  readonly address: string
  readonly port: number
  readonly protocol: string
}

export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  prepareFilter({ pod }) {
    const wanted = hostPortsOf(pod)
    if (wanted.length === 0) return undefined
    return ({ pods }) => {
      const used = [...pods.values()].flatMap(hostPortsOf)
      const clashes = wanted.some((port) => used.some((other) => isSamePort(port, other)))
      return clashes
        ? rejected("node(s) didn't have free ports for the requested pod ports")
        : undefined
    }
  },
}

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  )
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [{ address: hostIP || everyAddress, port: hostPort, protocol }] : [],
    ),
  )
}

function isSamePort(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.address === b.address || a.address === everyAddress || b.address === everyAddress
}
