// What an API server does beside answering: it keeps what every cluster needs, mends what
// allocation left behind, and says who it is and where it lives.

import { hostname } from 'node:os'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Allocation } from './allocate/allocation.ts'
import type { ClusterFacts } from './bootstrap/cluster-objects.ts'
import { keepDefaults } from './bootstrap/keep-defaults.ts'
import { keepIdentity } from './peers/identity-lease.ts'
import { keepEndpoints } from './peers/keep-endpoints.ts'
import type { PeerLeases } from './peers/peer-leases.ts'
import type { Reader } from './reader.ts'

export interface UpkeepOptions {
  readonly reader: Reader
  readonly facts: ClusterFacts
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  readonly tendAllocations?: Allocation['tend'] | undefined
  /** Other API servers that share the store; absent: there are none. */
  readonly peers?: PeerLeases | undefined
  /** What tells this server from its peers; absent: the name of this machine. */
  readonly host?: string | undefined
}

/** Resolves when the signal has aborted and all of it has ended. */
export async function runUpkeep(options: UpkeepOptions): Promise<void> {
  const { facts, log, signal, peers, tendAllocations, host = hostname() } = options
  await Promise.all([
    keepDefaults(options),
    keepIdentity({ ...options, host }),
    keepEndpoints({ ...options, peers, address: facts.serverAddress, port: facts.serverPort }),
    tendAllocations?.(log, signal),
  ])
}
