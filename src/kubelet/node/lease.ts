// The node's heartbeat: a Lease in kube-node-lease, renewed every 10 s. Without it the node
// lifecycle controller calls the node unreachable after 40 s.

import { isReason } from '../../api/status-error.ts'
import type { Lease, Node } from '../../api/types.gen.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'

const namespace = 'kube-node-lease'
const durationSeconds = 40
const everyMs = 10_000
const retry = { firstMs: 200, lastMs: 7000 }

export function nodeLease(node: Node, renewTime: string, before: Lease | undefined): Lease {
  const { name, uid = '' } = node.metadata
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid }
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: before?.metadata ?? { name, namespace, ownerReferences: [owner] },
    spec: {
      ...before?.spec,
      holderIdentity: name,
      leaseDurationSeconds: durationSeconds,
      renewTime,
    },
  }
}

export async function runLease(
  node: Node,
  client: Client,
  {
    clock,
    log,
    signal,
  }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  let held: Lease | undefined
  let failures = 0
  while (!signal.aborted) {
    const renewTime = clock.now().toISOString().replace('Z', '000Z')
    try {
      held = await renew(client, nodeLease(node, renewTime, held))
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      if (failures > 3) log.warn('lease not renewed', { error })
      held = undefined
      failures++
    }
    const retryMs = Math.min(retry.firstMs * 2 ** (failures - 1), retry.lastMs)
    await clock.sleep(failures > 0 ? retryMs : everyMs, signal).catch(() => {})
  }
}

async function renew(client: Client, lease: Lease): Promise<Lease> {
  if (lease.metadata.resourceVersion) return client.update('Lease', lease)
  try {
    return await client.create('Lease', lease)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    const { name } = lease.metadata
    const there = await client.get('Lease', { namespace, name })
    return client.update('Lease', { ...there, spec: { ...there.spec, ...lease.spec } })
  }
}
