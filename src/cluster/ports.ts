// Whether the host's ports that a cluster wants are free, asked before anything starts.

import { createHostPorter } from '../host/host-porter.ts'
import type { ClusterConfig } from './config.ts'
import { UserError } from './user-error.ts'

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use (ss -ltnp shows by whom)',
  EACCES: 'ports below 1024 are for root (or sysctl net.ipv4.ip_unprivileged_port_start)',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Throws UserError that names the first port which cannot be had, and why. */
export async function refuseTakenPorts({ ports, apiServer }: ClusterConfig): Promise<void> {
  const wanted = [
    ...ports.map(({ listenAddress, hostPort }) => ({ address: listenAddress, port: hostPort })),
    apiServer,
  ].filter(({ port }) => port !== 0)
  const porter = createHostPorter()
  for (const { address, port } of wanted) {
    try {
      const server = await porter.listen(address, port)
      await new Promise((resolve) => server.close(resolve))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      throw new UserError(`cannot open ${address}:${port}: ${advice[code] ?? String(error)}`)
    }
  }
}
