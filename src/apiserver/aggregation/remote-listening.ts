// Shell: keeps what other servers say of themselves: discovery and OpenAPI, asked for when an
// APIService changes, every minute, and soon again while a server fails.

import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { createQueue } from '../../lib/queue.ts'
import type { RemoteService } from './api-service.ts'
import type { ApiServices, RemoteWord } from './api-services.ts'
import type { RemoteDocuments } from './remote-documents.ts'

export interface ListeningOptions {
  readonly services: Pick<ApiServices, 'hear' | 'remotes'>
  readonly documents: RemoteDocuments
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface RemoteListening {
  /** An APIService has changed. */
  look(name: string): void
  /** Resolves after the signal. */
  run(): Promise<void>
}

const lookAgainMs = 60_000

export function createRemoteListening(options: ListeningOptions): RemoteListening {
  const { services, documents, clock, log, signal } = options
  const queue = createQueue({ clock, signal, backoff: { firstMs: 50, lastMs: 60_000 } })

  async function listen(name: string): Promise<void> {
    const remote = services.remotes().find((each) => each.name === name)
    if (!remote) return documents.forget(name)
    // Its change will be reported.
    if (!remote.isAvailable) return
    queue.addAfter(name, lookAgainMs)
    try {
      services.hear(name, await wordOf(remote, documents))
    } catch (error) {
      services.hear(name, { resources: [], isCurrent: false })
      throw error
    }
  }

  async function work(): Promise<void> {
    for (let name = await queue.take(); name !== undefined; name = await queue.take()) {
      try {
        await listen(name)
        queue.forget(name)
      } catch (error) {
        if (!signal.aborted) log.info('discovery of an APIService', { name, error: String(error) })
        queue.retry(name)
      } finally {
        queue.done(name)
      }
    }
  }

  return {
    look: queue.add,
    run: async () => void (await Promise.all(Array.from({ length: 2 }, work))),
  }
}

/** A server without OpenAPI is still one: only discovery must be there. */
async function wordOf(remote: RemoteService, documents: RemoteDocuments): Promise<RemoteWord> {
  const [resources, openApiV2, openApiV3Url] = await Promise.all([
    documents.resources(remote),
    documents.openApiV2(remote).catch(() => undefined),
    documents.openApiV3Url(remote).catch(() => undefined),
  ])
  return {
    resources,
    isCurrent: true,
    ...(openApiV2 !== undefined && { openApiV2 }),
    ...(openApiV3Url !== undefined && { openApiV3Url }),
  }
}
