// ResourceQuotas: counted again when something goes, when a quota changes, and now and then for
// kinds whose changes nobody here watches.

import { kinds } from '../../api/kinds.ts'
import { keyOf, keyText } from '../../api/meta.ts'
import type { CountedKind } from '../../api/quota/usage.ts'
import { isReason } from '../../api/status-error.ts'
import { applyPlan } from '../../client/apply.ts'
import { type ControllerShell, runWorkers } from '../../client/controller-runner.ts'
import type { ApiClient } from '../../client/create-client.ts'
import type { ApiResource } from '../../client/dynamic-client.ts'
import { createQueue } from '../../lib/queue.ts'
import { discover } from '../discovery.ts'
import { isTerminal } from '../pod-state.ts'
import { isSame } from '../template-hash.ts'
import { type Counted, kindsOf, planQuota } from './plan.ts'

export interface QuotaShell extends ControllerShell {
  readonly client: ApiClient
}

/** Kinds whose going is seen at once. */
export const watchedKinds = [
  'Pod',
  'Service',
  'PersistentVolumeClaim',
  'ConfigMap',
  'Secret',
  'ReplicationController',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
] as const

/** As upstream's resync period of quotas, and sooner where only looking tells. */
const resyncMs = 5 * 60_000
const lookAgainMs = 15_000

export async function runResourceQuota(shell: QuotaShell): Promise<void> {
  const { informers, clock, signal } = shell
  const { listers } = informers
  const queue = createQueue({ clock, signal })
  // Not when only the status changes: admission counts an object there before it is written, and a
  // look at what there is would take it out again.
  informers.onChange('ResourceQuota', ({ previous, current }) => {
    const isCounted = previous && isSame(previous.spec, current?.spec)
    if (current && !isCounted) queue.add(keyText(keyOf(current)))
  })
  for (const kind of watchedKinds) {
    informers.onChange(kind, ({ previous, current }) => {
      const hasEnded = current?.kind === 'Pod' && isTerminal(current)
      if (!previous || (current && !hasEnded)) return
      for (const quota of listers.ResourceQuota.list(previous.metadata.namespace)) {
        queue.add(keyText(keyOf(quota)))
      }
    })
  }
  await runWorkers({ name: 'resourcequota-controller', queue, shell }, (key) => sync(key, shell))
}

/**
 * The quota is read before what it counts: a write that is let through in between changes the
 * quota too, and this one's write then meets a conflict.
 */
async function sync(key: string, shell: QuotaShell): Promise<number | undefined> {
  const { informers, client, clock } = shell
  const [namespace = '', name = ''] = key.split('/')
  const quota = informers.listers.ResourceQuota.get({ namespace, name })
  if (!quota || quota.metadata.deletionTimestamp) return undefined
  const wanted = kindsOf(quota)
  const resources = await resourcesOf(wanted, client)
  const counted = await Promise.all(
    resources.map(
      async (kind): Promise<Counted> => ({
        kind,
        objects: await listAll(kind, namespace, client),
      }),
    ),
  )
  await applyPlan(planQuota({ quota, counted }), { ...shell, clock })
  return wanted.every(isWatched) ? resyncMs : lookAgainMs
}

function isWatched({ group, plural }: CountedKind): boolean {
  const entry = kinds.find((each) => each.group === group && each.plural === plural)
  return watchedKinds.some((kind) => kind === entry?.kind)
}

async function listAll(
  resource: ApiResource,
  namespace: string,
  { dynamic }: ApiClient,
): Promise<readonly object[]> {
  try {
    return (await dynamic.list(resource, { namespace })).items
  } catch (error) {
    if (isReason(error, 'NotFound', 'MethodNotAllowed')) return []
    throw error
  }
}

/** Built-in kinds from the table, others as the server says; what nobody serves counts nothing. */
async function resourcesOf(
  wanted: readonly CountedKind[],
  { dynamic }: ApiClient,
): Promise<readonly ApiResource[]> {
  const builtIn = wanted.map(({ group, plural }) =>
    kinds.find((each) => each.group === group && each.plural === plural),
  )
  const known = builtIn.every((entry) => entry) ? [] : (await discover(dynamic)).resources
  return wanted.flatMap(({ group, plural }, index): readonly ApiResource[] => {
    const entry =
      builtIn[index] ?? known.find((each) => each.group === group && each.plural === plural)
    return entry?.namespaced ? [entry] : []
  })
}
