// etcd's watch as whole revisions in order. In: a revision to start after. Out: the changes of one
// or more whole revisions at a time. Throws Compacted, or what the connection ended with.
//
// Every key is watched, not only ours: so each revision shows itself, and a watch knows how far it
// is without progress notifications, which come too early before etcd 3.4.25 and 3.5.8
// (etcd-io/etcd issue 15220).

import { type Change, Compacted } from '../../store.ts'
import { GrpcError, grpcCode } from './grpc.ts'
import type { Members } from './members.ts'
import { decodeWatch, encodeWatch, everyKey } from './messages.ts'

const watchPath = '/etcdserverpb.Watch/Watch'

export async function* changesAfter(
  members: Members,
  revision: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Change[]> {
  // etcd refuses a start before what is compacted, and at it gives only what is left there. So
  // the start is what is known already: it is refused exactly when what follows is not whole.
  const request = encodeWatch(everyKey, Math.max(1, revision))
  let fragments: Change[] = []
  for await (const message of members.stream(watchPath, request, signal)) {
    const response = decodeWatch(message)
    if (response.compactRevision > 0) throw new Compacted(response.compactRevision)
    if (response.isCanceled) throw new GrpcError(grpcCode.cancelled, response.cancelReason)
    fragments = fragments.length > 0 ? fragments.concat(response.changes) : response.changes
    if (response.isFragment) continue
    const whole = fragments.filter((change) => change.revision > revision)
    fragments = []
    if (whole.length > 0) yield whole
  }
}

/** Up to where the store is compacted, which etcd tells only those who ask for too much. */
export async function findCompaction(members: Members, signal: AbortSignal): Promise<number> {
  const stop = new AbortController()
  try {
    const ended = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(5000)])
    for await (const _changes of changesAfter(members, 1, ended)) break
  } catch (error) {
    if (error instanceof Compacted) return error.compactedRevision
    throw error
  } finally {
    stop.abort()
  }
  return 0
}
