// The kernel's memory of flows: UDP has no end of connection, so flows to what is gone are deleted.

import { type RunCommand, runCommand } from './command.ts'
import { systemEnvironment } from './system-path.ts'

/** Flows of UDP by where they were sent, and where the rules sent them. */
export interface UdpFlow {
  /** Undefined: whatever address it was sent to. */
  readonly address?: string
  readonly port: number
  /** Where it was redirected to; undefined: anywhere, or nowhere. */
  readonly target?: string
}

export interface Conntrack {
  /** Deletes the flows that match. Never rejects: without the program flows end by time-out. */
  deleteUdp(flows: readonly UdpFlow[]): Promise<void>
}

/** `enter` comes before the program: what brings it into its network namespace. */
export function createConntrack(
  enter: readonly string[] = [],
  run: RunCommand = runCommand,
): Conntrack {
  return {
    async deleteUdp(flows) {
      for (const flow of flows) {
        const argv = [...enter, 'conntrack', ...conntrackArguments(flow)]
        await run(argv, { env: systemEnvironment() }).catch(() => undefined)
      }
    },
  }
}

/** conntrack(8): an exit code of 1 also means that there was no such flow. */
export function conntrackArguments({ address, port, target }: UdpFlow): readonly string[] {
  return [
    '--delete',
    '--proto',
    'udp',
    ...(address !== undefined ? ['--orig-dst', address] : []),
    '--orig-port-dst',
    String(port),
    ...(target !== undefined ? ['--reply-src', target] : []),
  ]
}
