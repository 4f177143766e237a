// GET of one object.

import type { Store } from '../../store/store.ts'
import { FutureRevision } from '../../store/store.ts'
import type { ServerAnswer } from '../request.ts'
import { type Call, storedAnswer } from './answers.ts'
import { notFound, tooLargeResourceVersion } from './errors.ts'
import { parseRevision } from './options.ts'
import { keyOf } from './resource.ts'

export async function get(store: Store, call: Call): Promise<ServerAnswer> {
  const { resource, namespace, name, request } = call
  const asked = request.query.size > 0 ? request.query.get('resourceVersion') : null
  if (asked) await assertReached(store, parseRevision(asked))
  const entry = await store.get(keyOf(resource, namespace, name))
  if (!entry) throw notFound(resource.entry, name)
  return storedAnswer(call, 200, entry)
}

/** A client that knows of revision N never gets an answer older than N. */
export async function assertReached(store: Store, revision: number): Promise<void> {
  const current = await store.revision()
  if (revision > current) throw tooLargeResourceVersion(revision, current)
}

/** FutureRevision as the API says it; every other error as it is. */
export function translated(error: unknown, asked: number): unknown {
  return error instanceof FutureRevision
    ? tooLargeResourceVersion(asked, error.currentRevision)
    : error
}
