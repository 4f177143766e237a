// Ends namespaces that are to be deleted: first every Pod in them, then everything else, then the
// finalizer that kept the namespace there. What kinds there are, the API server says each time.

import { isReason } from '../../api/status-error.ts'
import type { Namespace } from '../../api/types.gen.ts'
import { type ControllerShell, runWorkers } from '../../client/controller-runner.ts'
import type { ApiClient } from '../../client/create-client.ts'
import { createQueue } from '../../lib/queue.ts'
import { type Discovered, type DiscoveredResource, discover } from '../discovery.ts'
import { isSame } from '../template-hash.ts'
import { isEmpty, namespaceConditions, type Remains } from './conditions.ts'

export interface NamespaceShell extends ControllerShell {
  readonly client: ApiClient
}

const finalizer = 'kubernetes'
/** How soon to look again at what goes away by itself, such as Pods in their grace period. */
const lookAgainMs = 1000

export async function runNamespaceController(shell: NamespaceShell): Promise<void> {
  const { informers, clock, signal } = shell
  const queue = createQueue({ clock, signal, backoff: { firstMs: 500, lastMs: 60_000 } })
  informers.onChange('Namespace', ({ current }) => {
    if (current?.metadata.deletionTimestamp) queue.add(current.metadata.name)
  })
  informers.onChange('Pod', ({ previous, current }) => {
    const name = previous?.metadata.namespace ?? ''
    if (!current && informers.listers.Namespace.get({ name })?.metadata.deletionTimestamp) {
      queue.add(name)
    }
  })
  await runWorkers({ name: 'namespace-controller', queue, shell }, async (name) => {
    const namespace = informers.listers.Namespace.get({ name })
    if (!namespace?.metadata.deletionTimestamp) return undefined
    return endNamespace(namespace, shell)
  })
}

/** One round; resolves to when the next is due, or to nothing when this was the last. */
async function endNamespace(
  seen: Namespace,
  { client, clock }: NamespaceShell,
): Promise<number | undefined> {
  const { name } = seen.metadata
  const found = await client.get('Namespace', { name }).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  if (!found?.metadata.deletionTimestamp || !found.spec.finalizers?.includes(finalizer)) {
    return undefined
  }
  const namespace = await withStatus(found, { ...found.status, phase: 'Terminating' }, client)
  const remains = await deleteContent(name, client)
  const conditions = namespaceConditions(namespace, remains, clock.now())
  const told = await withStatus(namespace, { ...namespace.status, conditions }, client)
  if (!isEmpty(remains)) {
    if (remains.deletionErrors.length > 0) throw new Error(remains.deletionErrors.join('; '))
    return lookAgainMs
  }
  const finalizers = told.spec.finalizers?.filter((one) => one !== finalizer) ?? []
  await client
    .update('Namespace', { ...told, spec: { ...told.spec, finalizers } }, 'finalize')
    .catch((error: unknown) => {
      if (!isReason(error, 'NotFound')) throw error
    })
  return undefined
}

async function withStatus(
  namespace: Namespace,
  status: NonNullable<Namespace['status']>,
  client: ApiClient,
): Promise<Namespace> {
  if (isSame(namespace.status, status)) return namespace
  return client.update('Namespace', { ...namespace, status }, 'status')
}

async function deleteContent(namespace: string, client: ApiClient): Promise<Remains> {
  const { resources, failures }: Discovered = await discover(client.dynamic)
  const deletable = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'),
  )
  const isPod = ({ group, plural }: DiscoveredResource) => group === '' && plural === 'pods'
  const errors: string[] = []
  const left = { resources: {}, finalizers: {} } satisfies Counts
  const deleteAll = (kinds: readonly DiscoveredResource[]) =>
    Promise.all(
      kinds.map((resource) =>
        deleteResource(resource, namespace, client, left).catch((error: unknown) => {
          errors.push(error instanceof Error ? error.message : String(error))
        }),
      ),
    )
  // Pods first: what they use, and what guards them, outlives them.
  await deleteAll(deletable.filter(isPod))
  if (Object.keys(left.resources).length === 0 && errors.length === 0) {
    await deleteAll(deletable.filter((resource) => !isPod(resource)))
  }
  return {
    discoveryErrors: failures.map(discoveryError),
    deletionErrors: errors,
    ...left,
  }
}

/** A group whose server is not there says so in the words of aggregated discovery. */
function discoveryError({ groupVersion, error }: Discovered['failures'][number]): string {
  const isStale = isReason(error, 'ServiceUnavailable')
  return `${groupVersion}: ${isStale ? `stale GroupVersion discovery: ${groupVersion}` : error}`
}

interface Counts {
  readonly resources: Record<string, number>
  readonly finalizers: Record<string, number>
}

async function deleteResource(
  resource: DiscoveredResource,
  namespace: string,
  { dynamic }: ApiClient,
  left: Counts,
): Promise<void> {
  const list = () => dynamic.list(resource, { namespace, metadataOnly: true })
  const before = await list()
  if (before.items.length === 0) return
  if (resource.verbs.includes('deletecollection')) {
    await dynamic.deleteCollection(resource, { namespace }, { propagationPolicy: 'Background' })
  } else {
    for (const { metadata } of before.items) {
      await dynamic.delete(resource, metadata).catch((error: unknown) => {
        if (!isReason(error, 'NotFound')) throw error
      })
    }
  }
  const { items } = await list()
  if (items.length === 0) return
  left.resources[`${resource.plural}.${resource.group}`] = items.length
  for (const name of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    left.finalizers[name] = (left.finalizers[name] ?? 0) + 1
  }
}
