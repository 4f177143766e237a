// Keeps the endpoints of the `kubernetes` Service: this server alone, or all that share its store.

import { type Kind, kindEntry, pathOf } from '../../api/kinds.ts'
import { keyOf } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { KindMap } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Reader } from '../reader.ts'
import type { PeerLeases } from './peer-leases.ts'
import { planEndpointSlice, planEndpoints, type Servers } from './plan-endpoints.ts'

const everyMs = 10_000
const key = { namespace: 'default', name: 'kubernetes' }

export interface KeepEndpointsOptions {
  readonly reader: Reader
  /** Where Pods reach this server. */
  readonly address: string
  readonly port: number
  /** Absent: no other server shares the store. */
  readonly peers?: PeerLeases | undefined
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Goes on until the signal aborts; then this server is no endpoint any more, if there are others. */
export async function keepEndpoints(options: KeepEndpointsOptions): Promise<void> {
  const { peers, address, clock, log, signal } = options
  while (!signal.aborted) {
    try {
      await peers?.renew(address)
      await settleEndpoints(options, peers ? await peers.living() : [address])
    } catch (error) {
      // Another server was faster, or the store gives no answer: the next round looks again.
      const isPassing = isReason(error, 'Conflict', 'AlreadyExists')
      if (!isPassing) log.warn('endpoints of the API server not kept', { error })
    }
    await clock.sleep(everyMs, signal).catch(() => {})
  }
  if (!peers) return
  try {
    await peers.remove(address)
    await settleEndpoints(options, await peers.living())
  } catch (error) {
    log.warn('this server stays among the endpoints for a while', { error })
  }
}

async function settleEndpoints(
  { reader, port }: KeepEndpointsOptions,
  addresses: readonly string[],
): Promise<void> {
  if (addresses.length === 0) return
  const servers: Servers = { addresses, port }
  const [endpoints, slice] = await Promise.all([
    reader.get('Endpoints', key),
    reader.get('EndpointSlice', key),
  ])
  await write(reader, 'Endpoints', planEndpoints(endpoints, servers))
  await write(reader, 'EndpointSlice', planEndpointSlice(slice, servers))
}

async function write<K extends Kind>(
  reader: Reader,
  kind: K,
  object: KindMap[K] | undefined,
): Promise<void> {
  if (!object) return
  const isNew = object.metadata.resourceVersion === undefined
  const { namespace, name } = keyOf(object)
  await reader.send({
    method: isNew ? 'POST' : 'PUT',
    path: pathOf(kindEntry(kind), namespace, isNew ? undefined : name),
    headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' },
    body: JSON.stringify(object),
  })
}
