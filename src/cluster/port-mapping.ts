// [ADDRESS:]HOSTPORT:NODEPORT as typed -> a published port.

import { isIP } from 'node:net'
import type { PublishedPort } from './config.ts'
import { UserError } from './user-error.ts'

/** An IPv6 address stands in brackets. Host port 0: the host chooses. */
export function parsePortMapping(text: string, node: string): PublishedPort {
  const match = /^(?:(.+):)?(\d{1,5}):(\d{1,5})$/.exec(text)
  const address = (match?.[1] ?? '0.0.0.0').replace(/^\[(.*)\]$/, '$1')
  const [hostPort, nodePort] = [Number(match?.[2]), Number(match?.[3])]
  if (!match || isIP(address) === 0 || hostPort > 65535 || nodePort < 1 || nodePort > 65535) {
    throw new UserError(`"${text}": expected [ADDRESS:]HOSTPORT:NODEPORT, e.g. 8080:30800`)
  }
  return { listenAddress: address, hostPort, node, nodePort, protocol: 'TCP' }
}
