// The garbage collector: ends objects whose owners are gone, waits and lets go as deletions ask.

import { type KubeObject, keyText } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { OwnerReference } from '../../api/types.gen.ts'
import { runWorkers } from '../../client/controller-runner.ts'
import { createQueue, type Queue } from '../../lib/queue.ts'
import type { ControllersShell } from '../start.ts'
import {
  awaitsDependents,
  createGraph,
  foregroundFinalizer,
  type Graph,
  type GraphNode,
  orphanFinalizer,
  type Suspects,
} from './graph.ts'
import { blockingDependents, type OwnerState, planObject } from './plan.ts'
import { createSources, type Sources } from './sources.ts'

const name = 'generic-garbage-collector'
/** As often as upstream asks which resources there are. */
const refreshMs = 30_000

interface Collector extends ControllersShell {
  readonly graph: Graph
  readonly sources: Sources
  readonly queue: Queue
}

export async function runGarbageCollector(shell: ControllersShell): Promise<void> {
  const { clock, signal, log, informers } = shell
  const graph = createGraph()
  const queue = createQueue({ clock, signal })
  const suspect = ({ toDelete, toOrphan }: Suspects) => {
    for (const uid of toDelete) queue.add(`delete ${uid}`)
    for (const uid of toOrphan) queue.add(`orphan ${uid}`)
  }
  const sources = createSources(shell, (resource, { previous, current }) => {
    if (current) suspect(graph.put(resource, current))
    const { uid } = previous?.metadata ?? {}
    if (uid && uid !== current?.metadata.uid) suspect(graph.remove(uid))
  })
  const collector: Collector = { ...shell, graph, sources, queue }
  const refresh = () =>
    sources.refresh().catch((error: unknown) => {
      if (!signal.aborted) log.warn('discovery failed', { controller: name, error })
    })
  try {
    await informers.synced(signal)
  } catch {
    return
  }
  await refresh()
  await sources.listed()
  const refreshing = (async () => {
    while (!signal.aborted) {
      await clock.sleep(refreshMs, signal).catch(() => {})
      if (!signal.aborted) await refresh()
    }
  })()
  await runWorkers({ name, workers: 10, queue, shell }, (key) => collect(key, collector))
  await refreshing
}

async function collect(key: string, collector: Collector): Promise<undefined> {
  const [verb, uid = ''] = key.split(' ')
  const node = collector.graph.get(uid)
  if (!node) return
  if (verb === 'orphan') await letDependentsGo(node, collector)
  else if (awaitsDependents(node)) await endForeground(node, collector)
  else if (!node.isDeleting) await endIfUnowned(node, collector)
}

/** Takes the finalizer away once no dependent blocks; else sees that they are being deleted. */
async function endForeground(node: GraphNode, collector: Collector): Promise<void> {
  const { graph, queue } = collector
  const dependents = graph.dependentsOf(node.uid)
  if (blockingDependents(node, dependents).length === 0) {
    await removeFinalizer(node, foregroundFinalizer, collector)
    return
  }
  for (const { uid, isDeleting } of dependents) if (!isDeleting) queue.add(`delete ${uid}`)
}

async function letDependentsGo(owner: GraphNode, collector: Collector): Promise<void> {
  for (const dependent of collector.graph.dependentsOf(owner.uid)) {
    const owners = dependent.owners.filter(({ uid }) => uid !== owner.uid)
    await writeOwners(dependent, owners, collector)
  }
  await removeFinalizer(owner, orphanFinalizer, collector)
}

async function endIfUnowned(seen: GraphNode, collector: Collector): Promise<void> {
  const { client, graph } = collector
  const live = await getLive(seen, collector)
  if (live?.metadata.uid !== seen.uid || live.metadata.deletionTimestamp) return
  const references = live.metadata.ownerReferences ?? []
  const owners = await Promise.all(
    references.map(async (reference) => ({
      reference,
      state: await ownerState(reference, seen, collector),
    })),
  )
  const { resourceVersion = '', finalizers = [] } = live.metadata
  const node = { ...seen, resourceVersion, finalizers, owners: references }
  const step = planObject({ node, owners, dependents: graph.dependentsOf(seen.uid) })
  if (step.verb === 'setOwners') await writeOwners(node, step.owners, collector)
  if (step.verb !== 'delete') return
  if (step.owners) await writeOwners(node, step.owners, collector)
  const { propagationPolicy } = step
  const preconditions = {
    uid: node.uid,
    // Whoever gave it a new owner meanwhile keeps it.
    ...(!step.owners && { resourceVersion }),
  }
  await unlessGone(
    client.dynamic.delete(node.resource, node.key, { propagationPolicy, preconditions }),
  )
}

function getLive({ resource, key }: GraphNode, { client }: Collector) {
  return unlessGone(client.dynamic.get(resource, key))
}

/** The graph knows who is there; who is not known is asked for, since a watch may be behind. */
async function ownerState(
  { apiVersion, kind, name: ownerName, uid }: OwnerReference,
  dependent: GraphNode,
  { client, graph, sources }: Collector,
): Promise<OwnerState> {
  const known = graph.get(uid)
  if (known) {
    const isReachable =
      !known.key.namespace || known.key.namespace === (dependent.key.namespace ?? '')
    if (isReachable) return awaitsDependents(known) ? 'waiting' : 'present'
    return 'absent'
  }
  const resource = sources.resourceOf(apiVersion, kind)
  if (!resource) throw new Error(`no resource for owner ${apiVersion} ${kind} ${ownerName}`)
  const { namespace } = dependent.key
  // An object without a namespace cannot be owned by one that is in a namespace.
  if (resource.namespaced && !namespace) return 'absent'
  const key =
    resource.namespaced && namespace ? { namespace, name: ownerName } : { name: ownerName }
  const owner: KubeObject | undefined = await unlessGone(client.dynamic.get(resource, key))
  if (owner?.metadata.uid !== uid) return 'absent'
  const { deletionTimestamp, finalizers = [] } = owner.metadata
  return deletionTimestamp && finalizers.includes(foregroundFinalizer) ? 'waiting' : 'present'
}

async function writeOwners(
  { resource, key, uid, resourceVersion }: GraphNode,
  ownerReferences: readonly OwnerReference[],
  { client }: Collector,
): Promise<void> {
  const metadata = { uid, resourceVersion, ownerReferences }
  await unlessGone(client.dynamic.patch(resource, key, { metadata }, { type: 'merge' }))
}

async function removeFinalizer(
  node: GraphNode,
  finalizer: string,
  collector: Collector,
): Promise<void> {
  const live = await getLive(node, collector)
  if (live?.metadata.uid !== node.uid || !live.metadata.finalizers?.includes(finalizer)) return
  const finalizers = live.metadata.finalizers.filter((each) => each !== finalizer)
  const metadata = { uid: node.uid, resourceVersion: live.metadata.resourceVersion, finalizers }
  const { client, log } = collector
  log.info('finalizer removed', { controller: name, object: keyText(node.key), finalizer })
  await unlessGone(client.dynamic.patch(node.resource, node.key, { metadata }, { type: 'merge' }))
}

async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
