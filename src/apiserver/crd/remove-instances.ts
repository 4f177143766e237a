// Deletes every object of a definition that is ending, and waits until they are gone.

import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { backoffDelay } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Reader } from '../reader.ts'
import type { NewCondition } from './conditions.ts'

export interface RemovalContext {
  readonly reader: Reader
  readonly clock: Clock
  readonly signal: AbortSignal
}

const waits = { firstMs: 20, lastMs: 1000 }
/** How often it is looked whether objects remain, before that is told: about a minute. */
const mostLooks = 65

export interface Removal {
  readonly condition: NewCondition
  readonly isDone: boolean
}

export async function removeInstances(context: RemovalContext, entry: KindEntry): Promise<Removal> {
  try {
    await deleteAll(context, entry)
  } catch (error) {
    return failed(
      'InstanceDeletionFailed',
      `could not issue all deletes: ${error instanceof Error ? error.message : error}`,
    )
  }
  for (let looks = 0; looks < mostLooks; looks++) {
    if ((await namespacesOf(context, entry)).length === 0) return done
    await context.clock.sleep(backoffDelay(waits, looks), context.signal)
  }
  const why =
    'could not confirm zero CustomResources remaining: timed out waiting for the condition'
  return failed('InstanceDeletionCheck', why)
}

const done: Removal = {
  isDone: true,
  condition: {
    type: 'Terminating',
    status: 'False',
    reason: 'InstanceDeletionCompleted',
    message: 'removed all instances',
  },
}

function failed(reason: string, message: string): Removal {
  return { isDone: false, condition: { type: 'Terminating', status: 'True', reason, message } }
}

async function deleteAll(context: RemovalContext, entry: KindEntry): Promise<void> {
  for (const namespace of await namespacesOf(context, entry)) {
    await context.reader.send({ method: 'DELETE', path: collectionPath(entry, namespace) })
  }
}

/** Namespaces in which there are objects; '' for those of cluster scope. */
async function namespacesOf({ reader }: RemovalContext, entry: KindEntry): Promise<string[]> {
  const { items } = (await reader.send({ method: 'GET', path: collectionPath(entry, '') })) as {
    readonly items: readonly { readonly metadata: { readonly namespace?: string } }[]
  }
  return [...new Set(items.map(({ metadata }) => metadata.namespace ?? ''))]
}

function collectionPath(entry: KindEntry, namespace: string): string {
  const root = `/apis/${apiVersionOf(entry)}`
  return namespace ? `${root}/namespaces/${namespace}/${entry.plural}` : `${root}/${entry.plural}`
}
