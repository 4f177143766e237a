// All of etcd in memory, kept current by the feed: what reads are answered from. A read first asks
// etcd for its revision (all that wait share one question, so it is cheap), then waits until the
// mirror is as far: every key is watched, so each revision shows itself. What is read then is what
// etcd would have said, or newer. While the mirror is not there, or does not move, etcd is asked.

import type { Change, Entry, RangeResult } from '../../store.ts'
import { createVersions, type Versions } from '../../versions.ts'

/** Values beyond this are not mirrored. */
const mostBytes = 1024 * 1024 * 1024
/** Changes that may come while the mirror is read; beyond it, it is read anew. */
const mostWaiting = 100_000
/** So long a read waits for the feed before it asks etcd. */
const patienceMs = 1000

export interface Mirror {
  /** All that was changed, in order, whole revisions at a time. */
  accept(changes: readonly Change[]): void
  /** Keeps no past before `revision`. */
  forget(revision: number): void
  /** The feed broke: who waits for it asks etcd. */
  stall(): void
  /** Changes were missed: the mirror is read anew. */
  lose(): void
  /** The versions once they are as far as `revision`; undefined where etcd is to be asked. */
  at(revision: number): Promise<Versions | undefined>
  /** The versions if they know `revision`, as it was then. */
  knowing(revision: number): Versions | undefined
  /** Resolves when nothing is being read any more. */
  close(): Promise<void>
}

export interface MirrorOptions {
  /** Reads everything, as of now, page by page; the first answer says of which revision. */
  readonly read: () => AsyncIterable<Pick<RangeResult, 'entries' | 'revision'>>
}

interface Waiter {
  readonly revision: number
  readonly sinceMs: number
  readonly resolve: (versions: Versions | undefined) => void
}

export function createMirror({ read }: MirrorOptions): Mirror {
  let versions: Versions | undefined
  /** Of what was read at first: changes up to here are in it. */
  let base = 0
  let bytes = 0
  /** The past before this revision is nobody's to read. */
  let floor = 0
  /** Changes since the reading began; undefined: nothing is being read. */
  let meanwhile: Change[] | undefined
  let isMissing = false
  let isClosed = false
  let waiters: Waiter[] = []
  let timer: NodeJS.Timeout | undefined
  let loading = load()

  async function load(): Promise<void> {
    meanwhile = []
    isMissing = false
    const made = createVersions()
    bytes = 0
    let start = 0
    try {
      for await (const { entries, revision } of read()) {
        start ||= revision
        for (const entry of entries) restore(made, entry)
        if (isClosed || bytes > mostBytes) return
      }
    } catch {
      // No answer: the next change that comes begins anew.
      isMissing = true
      return
    } finally {
      if (isMissing || isClosed || bytes > mostBytes) meanwhile = undefined
    }
    made.startAt(start, start)
    const missed = meanwhile ?? []
    meanwhile = undefined
    if (isMissing) return
    base = start
    versions = made
    apply(missed)
  }

  function restore(made: Versions, entry: Entry): void {
    made.restore(entry)
    bytes += entry.value.length
  }

  function apply(changes: readonly Change[]): void {
    if (!versions) return
    for (const change of changes) {
      if (change.revision <= base) continue
      const { type, value, previous } = change
      bytes += (type === 'put' ? value.length : 0) - (previous?.value.length ?? 0)
      versions.apply(change)
    }
    if (bytes > mostBytes) versions = undefined
    dropPast()
    release()
  }

  /** No further than the mirror has come. */
  function dropPast(): void {
    if (!versions) return
    const target = Math.min(floor, versions.revision)
    if (target > versions.compactedRevision) versions.compact(target)
  }

  /** Lets go those who have waited for what is there now; all of them when there is nothing. */
  function release(): void {
    const now = versions
    if (waiters.length === 0) return
    const ready = waiters.filter(({ revision }) => !now || revision <= now.revision)
    waiters = now ? waiters.filter(({ revision }) => revision > now.revision) : []
    for (const { resolve } of ready) resolve(now)
  }

  function giveUp(isLate: (waiter: Waiter) => boolean): void {
    const late = waiters.filter(isLate)
    waiters = waiters.filter((waiter) => !isLate(waiter))
    for (const { resolve } of late) resolve(undefined)
  }

  function watchPatience(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      const oldest = performance.now() - patienceMs
      giveUp(({ sinceMs }) => sinceMs <= oldest)
      if (waiters.length > 0) watchPatience()
    }, patienceMs).unref()
  }

  return {
    accept(changes) {
      if (meanwhile) {
        if (meanwhile.length + changes.length > mostWaiting) isMissing = true
        else meanwhile.push(...changes)
      } else if (versions) apply(changes)
      else if (isMissing && !isClosed) loading = load()
    },
    forget(revision) {
      floor = Math.max(floor, revision)
      dropPast()
    },
    stall: () => giveUp(() => true),
    lose() {
      versions = undefined
      isMissing = true
      giveUp(() => true)
      if (!meanwhile && !isClosed) loading = load()
    },
    at(revision) {
      if (!versions || revision <= versions.revision) return Promise.resolve(versions)
      return new Promise((resolve) => {
        waiters.push({ revision, sinceMs: performance.now(), resolve })
        watchPatience()
      })
    },
    knowing(revision) {
      if (!versions || revision < floor || revision > versions.revision) return undefined
      return revision >= versions.compactedRevision ? versions : undefined
    },
    async close() {
      isClosed = true
      versions = undefined
      clearTimeout(timer)
      giveUp(() => true)
      await loading
    },
  }
}
