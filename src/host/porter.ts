// What the fabric can ask of the process in the host's own network: sockets made there.

import type { Socket as UdpSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'

export interface Porter {
  /**
   * A server listening on the host. The caller accepts; closing it frees the port at once.
   * Rejects with EADDRINUSE, EACCES or EADDRNOTAVAIL as the host says. Port 0: the host chooses.
   */
  listen(address: string, port: number): Promise<Server>
  /** A connection dialled from the host; `host` may be a name the host can resolve. */
  connect(host: string, port: number): Promise<Socket>
  /** One DNS message asked of the host's resolvers, over UDP with TCP where truncated. */
  askDns(query: Uint8Array): Promise<Uint8Array>
  /** A UDP socket bound on the host; errors as listen(). The caller receives and sends. */
  bindUdp(address: string, port: number): Promise<UdpSocket>
}

/** The process that asks and the process that answers have lost each other. */
export class PorterLost extends Error {
  readonly code = 'EPIPE'
  constructor() {
    super('the connection to the porter is lost')
    this.name = 'PorterLost'
  }
}
