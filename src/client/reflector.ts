// Keeps a cache equal to what the API server has of one resource: lists in pages, then watches
// from the list's revision, resumes where a watch ended, and lists anew when that is gone (410).

import type { KubeObject, ObjectKey } from '../api/meta.ts'
import { isReason } from '../api/status-error.ts'
import { type BackoffLimits, backoffDelay, withJitter } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { WatchEvent } from './client.ts'
import type { ApiResource, DynamicClient, ReadOptions } from './dynamic-client.ts'

/** Where a reflector puts what it sees. */
export interface Mirror {
  put(object: KubeObject): void
  remove(key: ObjectKey): void
  replace(objects: readonly KubeObject[]): void
  /** Everything up to this revision has been put. */
  reached(resourceVersion: string): void
  /** A list or watch failed and will be tried again. */
  failed(error: unknown): void
}

export interface ReflectorOptions {
  readonly client: DynamicClient
  readonly resource: ApiResource
  readonly selection: ReadOptions
  readonly clock: Clock
  readonly random: Random
  readonly backoff?: BackoffLimits
}

const pageSize = 500
/** Watches are asked to end after 5 to 10 minutes, as client-go's are, so that none goes stale. */
const watchSeconds = 300
/** A watch that ends sooner than this did not work, whatever it said. */
const shortestWatchMs = 1000

/** Runs until the signal aborts. */
export async function runReflector(
  { client, resource, selection, clock, random, ...options }: ReflectorOptions,
  mirror: Mirror,
  signal: AbortSignal,
): Promise<void> {
  const backoff = options.backoff ?? { firstMs: 100, lastMs: 10_000 }
  let revision: string | undefined
  let failures = 0
  while (!signal.aborted) {
    const startedMs = clock.now().getTime()
    try {
      if (revision === undefined) revision = await listAll()
      for await (const event of watch(revision)) {
        revision = show(mirror, event)
        failures = 0
      }
      if (clock.now().getTime() - startedMs >= shortestWatchMs) continue
    } catch (error) {
      if (signal.aborted) return
      if (isReason(error, 'Gone', 'Expired')) revision = undefined
      else mirror.failed(error)
    }
    const delayMs = withJitter(backoffDelay(backoff, failures), random)
    failures += 1
    await clock.sleep(delayMs, signal).catch(() => {})
  }

  async function listAll(): Promise<string> {
    const items: KubeObject[] = []
    let next: string | undefined
    do {
      const page = await client.list(resource, {
        ...selection,
        limit: pageSize,
        ...(next && { continue: next }),
      })
      for (const item of page.items) items.push(item)
      next = page.metadata.continue
      if (!next) {
        mirror.replace(items)
        mirror.reached(page.metadata.resourceVersion)
        return page.metadata.resourceVersion
      }
    } while (!signal.aborted)
    throw signal.reason
  }

  function watch(resourceVersion: string): AsyncIterable<WatchEvent<KubeObject>> {
    const timeoutSeconds = watchSeconds + random.below(watchSeconds)
    return client.watch(resource, { ...selection, resourceVersion, timeoutSeconds, signal })
  }
}

/** Puts one event into the mirror; the revision it brings us to. */
function show(mirror: Mirror, event: WatchEvent<KubeObject>): string {
  if (event.type === 'BOOKMARK') {
    mirror.reached(event.resourceVersion)
    return event.resourceVersion
  }
  const { name, namespace, resourceVersion = '' } = event.object.metadata
  if (event.type === 'DELETED') mirror.remove(namespace ? { namespace, name } : { name })
  else mirror.put(event.object)
  mirror.reached(resourceVersion)
  return resourceVersion
}
