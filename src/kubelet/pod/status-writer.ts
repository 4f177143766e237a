// Brings the kubelet's status of one Pod into the API: one patch at a time, the newest status
// wins, nothing is sent that is there already.

import { keyOf } from '../../api/meta.ts'
import { isReason, StatusError } from '../../api/status-error.ts'
import type { Pod, PodStatus } from '../../api/types.gen.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { statusPatch } from './status-patch.ts'

export interface StatusWriter {
  /** The newest object known: of the watch, or the answer to the last patch. */
  newest(pod: Pod): Pod
  want(pod: Pod, status: PodStatus): void
  /** Resolves when what was wanted is written, or has become pointless. */
  flushed(): Promise<void>
}

const retryMs = 1000

export function createStatusWriter(
  client: Client,
  {
    clock,
    log,
    signal,
  }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): StatusWriter {
  let answered: Pod | undefined
  let wanted: { readonly pod: Pod; readonly status: PodStatus } | undefined
  let writing: Promise<void> | undefined

  const newest = (pod: Pod): Pod =>
    answered && answered.metadata.uid === pod.metadata.uid && revision(answered) > revision(pod)
      ? answered
      : pod

  async function writeAll(): Promise<void> {
    while (wanted && !signal.aborted) {
      const { pod, status } = wanted
      wanted = undefined
      const patch = statusPatch(newest(pod), status, clock.now().getTime())
      if (!patch) continue
      try {
        const options = { type: 'strategic', subresource: 'status' } as const
        answered = await client.patch('Pod', keyOf(pod), patch, options)
      } catch (error) {
        if (isReason(error, 'NotFound', 'Conflict') || isReplaced(error)) continue
        if (signal.aborted) return
        log.warn('status not written, trying again', { pod: pod.metadata.name, error })
        wanted ??= { pod, status }
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }

  return {
    newest,
    want(pod, status) {
      if (!writing && !statusPatch(newest(pod), status, 0)) return
      wanted = { pod, status }
      writing ??= writeAll().finally(() => {
        writing = undefined
      })
    },
    flushed: async () => {
      while (writing) await writing
    },
  }
}

/** Another Pod has the name now: the uid of the patch, which says whom it is for, is not its own. */
function isReplaced(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false
  return error.details?.causes?.some(({ field }) => field === 'metadata.uid') ?? false
}

/** Revisions of one server can be compared since 1.35 (KEP-5504). */
function revision({ metadata }: Pod): number {
  return Number(metadata.resourceVersion ?? 0)
}
