// All that Services are given, for one registry: the hooks of their writes, and the repairs that
// go on beside them.

import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Random } from '../../lib/random.ts'
import type { Store } from '../../store/store.ts'
import type { Reader } from '../reader.ts'
import type { ClusterView } from '../registry/cluster-view.ts'
import type { WriteHooks } from '../registry/write.ts'
import { claimedPorts } from './plan-port-repair.ts'
import { createPortLedger } from './port-ledger.ts'
import type { PortRange } from './port-record.ts'
import { repairServices, runAddressRepair } from './repair-addresses.ts'
import { runPortRepair } from './repair-ports.ts'
import { createServiceAllocation } from './service-allocation.ts'

export interface AllocationOptions {
  readonly store: Store
  readonly cluster: ClusterView
  /** The registry itself, through which IPAddresses are made as by any client. */
  readonly api: Reader
  readonly clock: Clock
  readonly random: Random
  /** 10.96.0.0/16, or one block of each family with a comma between. */
  readonly serviceSubnet: string
  readonly nodePorts?: PortRange
}

export interface Allocation {
  readonly hooks: WriteHooks
  /** Mends what other API servers, or earlier ones, left behind; until the signal aborts. */
  tend(log: Log, signal: AbortSignal): Promise<void>
}

export function createAllocation(options: AllocationOptions): Allocation {
  const { store, cluster, api, clock, random, serviceSubnet, nodePorts } = options
  const ports = createPortLedger({
    ...{ store, random },
    range: nodePorts ?? { from: 30000, to: 32767 },
    takenByServices: async () => (await cluster.list('Service')).flatMap(claimedPorts),
  })
  const configured = serviceSubnet.split(',')
  let repairing: Promise<void> | undefined
  const repaired = () => {
    repairing ??= repairServices({ api, clock, configured }).catch((error) => {
      // The next write of a Service asks again.
      repairing = undefined
      throw error
    })
    return repairing
  }
  return {
    hooks: createServiceAllocation({ api, cluster, random, configured, ports, repaired }),
    async tend(log, signal) {
      await Promise.all([
        runAddressRepair({ api, clock, configured, log, signal }),
        runPortRepair({ api, ports, clock, log, signal }),
      ])
    },
  }
}
