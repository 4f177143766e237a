// The versions of every key since the last compaction, and the changes that made them, in memory.
// In: changes in revision order. Out: any key or range as of any revision that is still kept.
// Memory: one object per version; values are kept as given, never copied. Values that only readers
// of the past can see take a bounded number of bytes: beyond it the oldest are forgotten early.

import { sortedKeys } from './sorted-keys.ts'
import type { RangeOptions, RangeResult } from './store.ts'
import { type Change, Compacted, type Entry, FutureRevision } from './store.ts'

/** Of values that are not the newest of their key; compaction by age usually keeps them fewer. */
const mostPastBytes = 256 * 1024 * 1024

/** A key's value from `revision` on; `value` absent: deleted then. */
interface Version {
  readonly revision: number
  readonly createRevision: number
  readonly value: Uint8Array | undefined
}

export interface Versions {
  readonly revision: number
  readonly compactedRevision: number
  /** Takes in the next change; revisions never go back. */
  apply(change: Change): void
  /** Puts an entry of a snapshot in place: no change is recorded for it. */
  restore(entry: Entry): void
  /** Sets both revisions after the entries of a snapshot are in place. */
  startAt(revision: number, compactedRevision: number): void
  get(key: string, revision?: number): Entry | undefined
  range(prefix: string, options: RangeOptions): RangeResult
  /** Every key that lives now. */
  live(): Iterable<Entry>
  /** Of values that only readers of the past can see. */
  readonly pastBytes: number
  /** Changes from `revision` on, at most `limit`. Throws Compacted. */
  changesFrom(revision: number, limit: number): readonly Change[]
  compact(revision: number): void
}

export function createVersions(mostBytes = mostPastBytes): Versions {
  const keys = sortedKeys()
  /** Those of the keys that are deleted now, and still there for readers of the past. */
  const gone = sortedKeys()
  const versionsOf = new Map<string, Version[]>()
  /** Changes after compactedRevision, in order; `dropped` counts those compacted away in place. */
  let changes: Change[] = []
  let revision = 1
  let compactedRevision = 0
  let pastBytes = 0

  function push(key: string, version: Version): void {
    const versions = versionsOf.get(key)
    if (versions) versions.push(version)
    else {
      versionsOf.set(key, [version])
      keys.add(key)
    }
  }

  function settle(asked: number | undefined): number {
    if (!asked) return revision
    if (asked > revision) throw new FutureRevision(revision)
    if (asked < compactedRevision) throw new Compacted(compactedRevision)
    return asked
  }

  function at(key: string, when: number): Entry | undefined {
    const versions = versionsOf.get(key)
    if (!versions) return undefined
    for (let index = versions.length - 1; index >= 0; index--) {
      const version = versions[index]
      if (version && version.revision <= when) return entryOf(key, version)
    }
    return undefined
  }

  return {
    get revision() {
      return revision
    },
    get compactedRevision() {
      return compactedRevision
    },
    apply(change) {
      const { type, key, value, previous } = change
      const createRevision = previous?.createRevision ?? change.revision
      push(key, {
        revision: change.revision,
        createRevision,
        value: type === 'put' ? value : undefined,
      })
      changes.push(change)
      revision = change.revision
      if (type === 'delete') gone.add(key)
      else if (!previous) gone.remove(key)
      pastBytes += previous?.value.length ?? 0
      if (pastBytes > mostBytes) compact(revisionLeaving(mostBytes * 0.75))
    },
    restore({ key, value, revision, createRevision }) {
      push(key, { revision, createRevision, value })
    },
    startAt(now, compacted) {
      revision = now
      compactedRevision = compacted
    },
    get: (key, asked) => at(key, settle(asked)),
    range(prefix, { after, limit = Number.POSITIVE_INFINITY, revision: asked }) {
      const when = settle(asked)
      const entries: Entry[] = []
      for (const key of keys.from(prefix, after === undefined ? prefix : `${after}\0`)) {
        if (entries.length >= limit)
          return { entries, revision: when, remaining: countAt(when, prefix, key) }
        const entry = at(key, when)
        if (entry) entries.push(entry)
      }
      return { entries, revision: when, remaining: 0 }
    },
    *live() {
      for (const [key, versions] of versionsOf) {
        const last = versions.at(-1)
        const entry = last && entryOf(key, last)
        if (entry) yield entry
      }
    },
    changesFrom(from, limit) {
      if (from <= compactedRevision) throw new Compacted(compactedRevision)
      const start = firstFrom(changes, from)
      return changes.slice(start, start + limit)
    },
    get pastBytes() {
      return pastBytes
    },
    compact,
  }

  function compact(target: number): void {
    if (target > revision) throw new FutureRevision(revision)
    if (target <= compactedRevision) throw new Compacted(compactedRevision)
    const end = firstFrom(changes, target + 1)
    for (let index = 0; index < end; index++) {
      const change = changes[index]
      if (!change) break
      pastBytes -= change.previous?.value.length ?? 0
      forgetBefore(change.key, target)
    }
    changes = changes.slice(end)
    compactedRevision = target
  }

  /** The revision to compact so that the past takes at most `bytes`. */
  function revisionLeaving(bytes: number): number {
    let left = pastBytes
    const last = changes.find((change) => {
      left -= change.previous?.value.length ?? 0
      return left <= bytes
    })
    return last?.revision ?? revision
  }

  /**
   * How many keys from `start` on lived at `when`: those that live now, and what has become of the
   * few that changed since then.
   */
  function countAt(when: number, prefix: string, start: string): number {
    let count = keys.count(prefix, start) - gone.count(prefix, start)
    const looked = new Set<string>()
    for (let index = firstFrom(changes, when + 1); index < changes.length; index++) {
      const key = changes[index]?.key ?? ''
      if (key < start || !key.startsWith(prefix) || looked.has(key)) continue
      looked.add(key)
      count += Number(at(key, when) !== undefined) - Number(at(key, revision) !== undefined)
    }
    return count
  }

  /** Keeps of `key` the version that held at `target` (unless deleted then) and all later ones. */
  function forgetBefore(key: string, target: number): void {
    const versions = versionsOf.get(key)
    if (!versions) return
    let holding = versions.length - 1
    while (holding > 0 && (versions[holding]?.revision ?? 0) > target) holding--
    const isGone =
      versions[holding]?.value === undefined && (versions[holding]?.revision ?? 0) <= target
    const kept = versions.slice(isGone ? holding + 1 : holding)
    if (kept.length > 0) versionsOf.set(key, kept)
    else {
      versionsOf.delete(key)
      keys.remove(key)
      gone.remove(key)
    }
  }
}

function entryOf(key: string, { revision, createRevision, value }: Version): Entry | undefined {
  return value && { key, value, revision, createRevision }
}

/** Index of the first change at or after `revision`. */
export function firstFrom(changes: readonly Change[], revision: number): number {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((changes[middle]?.revision ?? 0) < revision) low = middle + 1
    else high = middle
  }
  return low
}
